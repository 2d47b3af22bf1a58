import { spawn } from 'node:child_process';

/** A Python that has moto, an S3 server this project did not write. */
export const python = process.env.WEIGHTSCOPE_PYTHON ?? '';

/** For the names of tests that need {@link python}. */
export const s3Skipped = python ? '' : ' (skipped: set WEIGHTSCOPE_PYTHON to a python that has test/requirements.txt)';

const SERVER = `
import boto3, sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket="atlases")
print(port, flush=True)
sys.stdin.read()
`;

/** Starts moto with an empty bucket `atlases`. `env` leads S3 clients there. */
export async function startS3(): Promise<{ env: Record<string, string>; stop: () => void }> {
  const env = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: 'us-east-1' };
  const server = spawn(python, ['-c', SERVER], {
    env: { ...process.env, ...env, AWS_DEFAULT_REGION: env.AWS_REGION },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let errors = '';
  server.stderr.on('data', (text) => {
    errors += text;
  });
  const port = await new Promise<string>((resolve, reject) => {
    server.stdout.once('data', (line) => resolve(`${line}`.trim()));
    server.once('exit', () => reject(new Error(`moto did not start: ${errors}`)));
  });
  return { env: { ...env, AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}` }, stop: () => server.stdin.end() };
}
