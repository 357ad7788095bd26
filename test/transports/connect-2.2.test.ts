import { transportCases } from './cases.js';
import { connect } from './connect.js';

transportCases({ ...connect, name: 'Connect 2.2' });
