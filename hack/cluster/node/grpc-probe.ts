import { connect } from 'node:http2';

const PATH = '/grpc.health.v1.Health/Check';
/** Field 1 of a message, with a length; field 1, with a number. */
const [TEXT, NUMBER] = [0x0a, 0x08] as const;
/** `ServingStatus.SERVING`. */
const SERVING = 1;
const HEADER = 5;

/** A `HealthCheckRequest` in the frame of gRPC. */
function question(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([TEXT, name.length]), name]);
  const frame = Buffer.alloc(HEADER);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

const isServing = (answer: Buffer): boolean =>
  answer[HEADER] === NUMBER && answer[HEADER + 1] === SERVING && answer.length === HEADER + 2;

/** Whether a server says by the health protocol of gRPC, without TLS, that it serves. The name may have 127 letters. */
export function grpcOk(host: string, port: number, service: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const session = connect(`http://${host}:${port}`);
    const end = (ok: boolean): void => {
      session.destroy();
      resolve(ok);
    };
    session.setTimeout(timeoutMs, () => end(false));
    session.once('error', () => end(false));
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const answer: Buffer[] = [];
    stream.on('data', (part: Buffer) => answer.push(part));
    stream.once('error', () => end(false));
    stream.once('end', () => end(isServing(Buffer.concat(answer))));
    stream.end(question(service));
  });
}
