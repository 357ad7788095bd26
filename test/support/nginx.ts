import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onTestFinished } from 'vitest';

import { fencedBlocks, textOf } from './snippets.js';

/** Debian keeps it where the path of ordinary users does not lead. */
const executable = process.env['NGINX'] ?? (existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx');

/** Whether there is no nginx, or no openssl to make it a certificate. */
export const nginxIsMissing =
  spawnSync(executable, ['-v']).status !== 0 || spawnSync('openssl', ['version']).status !== 0;

/** What the title of a skipped test says. */
export const nginxNote = nginxIsMissing ? ` (there is no ${executable}, named by NGINX, or no openssl)` : '';

/** A certificate for localhost that signed itself, as files and as text. */
export interface TestCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly pem: Buffer;
}

/** The files of `docs/proxies.md`. */
export type ConfigName = 'grpc.conf' | 'http.conf' | 'one-address.conf';

/** Where nginx finds the node's servers, and what is different from the page. */
export interface NginxOptions {
  /** The port that stands for 50051 in the page. */
  readonly grpc?: number;
  /** The port that stands for 8080 in the page. */
  readonly http?: number;
  /** Texts of the file, each there, and what stands for them. */
  readonly replace?: Readonly<Record<string, string>>;
}

/** An nginx that runs. */
export interface Nginx {
  /** Where it listens, on all loopback addresses, with TLS. */
  readonly port: number;
  readonly certificate: TestCertificate;
  /** What is in its access log. */
  readonly accessLog: () => string;
  /** What it printed: its error log. */
  readonly errorLog: () => string;
}

/** One of the files of `docs/proxies.md`, as the page has it. */
export function pageConfig(name: ConfigName): string {
  const found = fencedBlocks(textOf('docs/proxies.md')).find(({ code }) => code.startsWith(`# ${name}\n`));
  if (found?.language !== 'nginx') throw new Error(`docs/proxies.md has no ${name}`);
  return found.code;
}

/** Runs nginx with a file of the page, until the test has finished. */
export async function startNginx(name: ConfigName, { grpc, http, replace = {} }: NginxOptions): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const certificate = makeCertificate(folder);
  const port = await freePort();
  const changes = {
    ...replace,
    'listen 443 ssl': `listen ${port} ssl`,
    '/etc/nginx/node.crt': certificate.certificateFile,
    '/etc/nginx/node.key': certificate.keyFile,
    ...(grpc && { '127.0.0.1:50051': `127.0.0.1:${grpc}` }),
    ...(http && { '127.0.0.1:8080': `127.0.0.1:${http}` }),
  };
  let config = pageConfig(name);
  for (const [from, to] of Object.entries(changes)) {
    if (!config.includes(from)) throw new Error(`${name} has no ${from}`);
    config = config.replaceAll(from, to);
  }
  writeFileSync(join(folder, 'page.conf'), config);
  writeFileSync(join(folder, 'nginx.conf'), MAIN);
  const flags = ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'];
  const child = spawn(executable, flags, { stdio: ['ignore', 'ignore', 'pipe'] });
  let printed = '';
  child.stderr.on('data', (text) => (printed += String(text)));
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', () => /using the "\w+" event method/.test(printed) && resolve()); // it listens by then
    child.on('error', reject);
    child.on('exit', () => reject(new Error(`nginx did not start: ${printed}`)));
  });
  return {
    port,
    certificate,
    accessLog: () => readFileSync(join(folder, 'access.log'), 'utf8'),
    errorLog: () => printed,
  };
}

/** What a system's own nginx.conf does around the files of the page; all that it writes is in its folder. */
const MAIN = `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr notice;
events { worker_connections 256; }
http {
  access_log access.log;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  include page.conf;
}
`;

function makeCertificate(folder: string): TestCertificate {
  const certificateFile = join(folder, 'node.crt');
  const keyFile = join(folder, 'node.key');
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const args = ['req', '-x509', ...kind, ...names, '-keyout', keyFile, '-out', certificateFile];
  const { status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`);
  return { certificateFile, keyFile, pem: readFileSync(certificateFile) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
