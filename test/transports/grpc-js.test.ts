import { transportCases } from './cases.js';
import { grpcJs } from './grpc-js.js';

transportCases(grpcJs);
