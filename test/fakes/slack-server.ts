import { createHash, createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A message as Slack keeps it. */
export interface SlackMessage {
  readonly channel: string;
  readonly ts: string;
  readonly thread_ts?: string;
  text: string;
  blocks: readonly SlackBlock[];
  readonly metadata?: unknown;
  /** How often it was changed. */
  updates: number;
}

/** A file as Slack keeps it. */
export interface SlackFile {
  readonly bytes: Buffer;
  /** What the app has said of it. */
  readonly said: Readonly<Record<string, string>>;
  readonly channel: string;
  readonly thread: string;
}

interface SlackBlock {
  readonly type: string;
  readonly elements?: readonly { readonly action_id?: string; readonly value?: string }[];
}

/** An answer of the API in place of its own. */
type Fault = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

/** What stands for Slack on this machine: its Web API, response URLs, and the server side of Socket Mode. */
export interface SlackServer {
  readonly apiUrl: string;
  readonly messages: SlackMessage[];
  readonly calls: { readonly method: string; readonly token: string }[];
  /** Files that were uploaded and shared. */
  readonly files: SlackFile[];
  /** Texts that were sent to response URLs. */
  readonly responses: string[];
  readonly groups: Map<string, string[]>;
  /** Decides about each call; undefined is the API's own answer. */
  fault: (method: string) => Fault | undefined;
  /** Ids of the envelopes that were acknowledged. */
  readonly acknowledged: string[];
  readonly sockets: Set<Socket>;
  /** The payload that Slack sends when a person presses a button of a message. */
  press(message: SlackMessage, button: string, user: { id: string; username: string }): object;
  /** Sends a payload over Socket Mode; the id of its envelope. */
  deliver(payload: object): string;
  close(): Promise<void>;
}

/** Headers and body of an interaction, signed as Slack does. `at` is epoch milliseconds. */
export function signedInteraction(secret: string, payload: object, at: number) {
  const body = new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
  const timestamp = String(Math.floor(at / 1_000));
  const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signature,
  };
  return { headers, body };
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

type Args = Readonly<Record<string, string>>;

function argsOf(body: string, type: string): Args {
  return type.includes('json') ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
}

const parsed = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));

/** One text frame of a WebSocket, unmasked as servers send it. */
function frame(text: string): Buffer {
  const payload = Buffer.from(text);
  const length =
    payload.length < 126
      ? Buffer.from([payload.length])
      : Buffer.from([126, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([Buffer.from([0x81]), length, payload]);
}

/** The frames of a client in a chunk; each fits into one, since they are short. */
function* framesOf(chunk: Buffer): Generator<{ opcode: number; text: string }> {
  for (let at = 0; at + 2 <= chunk.length; ) {
    const opcode = (chunk[at] ?? 0) & 15;
    const short = (chunk[at + 1] ?? 0) & 127;
    const header = short === 126 ? 4 : 2;
    const length = short === 126 ? chunk.readUInt16BE(at + 2) : short;
    const mask = chunk.subarray(at + header, at + header + 4);
    const start = at + header + 4;
    const bytes = chunk.subarray(start, start + length).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    yield { opcode, text: bytes.toString() };
    at = start + length;
  }
}

class Slack {
  readonly messages: SlackMessage[] = [];
  readonly files: SlackFile[] = [];
  readonly #announced = new Map<string, Args>();
  readonly #uploads = new Map<string, Buffer>();
  readonly calls: { method: string; token: string }[] = [];
  readonly responses: string[] = [];
  readonly groups = new Map<string, string[]>();
  readonly acknowledged: string[] = [];
  readonly sockets = new Set<Socket>();
  fault: SlackServer['fault'] = () => undefined;
  #ts = 0;
  #port = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request, socket) => this.#upgrade(request, socket as Socket));
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.#port}/api/`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bytes = await read(request);
    const body = bytes.toString('utf8');
    if (request.url?.startsWith('/upload/') === true) {
      this.#uploads.set(request.url.slice('/upload/'.length), bytes);
      response.end('OK');
      return;
    }
    if (request.url?.startsWith('/respond') === true) {
      this.responses.push(String((JSON.parse(body) as { text?: string }).text));
      response.end('ok');
      return;
    }
    const method = request.url?.replace('/api/', '') ?? '';
    const token = (request.headers.authorization ?? '').replace('Bearer ', '');
    this.calls.push({ method, token });
    const fault = this.fault(method);
    if (fault !== undefined) {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      response.end(fault.body ?? '');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(this.#call(method, argsOf(body, request.headers['content-type'] ?? ''))));
  }

  #post({ channel = '', thread_ts, text = '', blocks, metadata }: Args): object {
    if (channel === '#nowhere') return { ok: false, error: 'channel_not_found' };
    const message: SlackMessage = {
      channel: channel.startsWith('#') ? `C${channel.slice(1).toUpperCase()}` : channel,
      ts: `${(this.#ts += 1)}.000100`,
      ...(thread_ts === undefined ? {} : { thread_ts }),
      text,
      blocks: (parsed(blocks) ?? []) as SlackBlock[],
      metadata: parsed(metadata),
      updates: 0,
    };
    this.messages.push(message);
    return { ok: true, channel: message.channel, ts: message.ts };
  }

  #update({ channel = '', ts = '', text = '', blocks }: Args): object {
    const found = this.messages.find((one) => one.ts === ts && one.channel === channel);
    if (found === undefined) return { ok: false, error: 'message_not_found' };
    Object.assign(found, { text, blocks: parsed(blocks), updates: found.updates + 1 });
    return { ok: true, channel, ts };
  }

  #announce(args: Args): object {
    const id = `F${this.#announced.size + 1}`;
    this.#announced.set(id, args);
    return { ok: true, file_id: id, upload_url: `http://127.0.0.1:${this.#port}/upload/${id}` };
  }

  #share({ files, channel_id: channel = '', thread_ts: thread = '' }: Args): object {
    const [{ id = '' } = {}] = parsed(files) as { id?: string }[];
    const said = this.#announced.get(id) ?? {};
    const bytes = this.#uploads.get(id);
    if (bytes === undefined || bytes.length !== Number(said['length']))
      return { ok: false, error: 'file_not_found' };
    this.files.push({ bytes, said, channel, thread });
    return { ok: true, files: [{ id }] };
  }

  #call(method: string, args: Args): object {
    const { channel = '', ts = '' } = args;
    switch (method) {
      case 'chat.postMessage':
        return this.#post(args);
      case 'chat.update':
        return this.#update(args);
      case 'files.getUploadURLExternal':
        return this.#announce(args);
      case 'files.completeUploadExternal':
        return this.#share(args);
      case 'conversations.replies':
        return { ok: true, messages: this.messages.filter((one) => one.ts === ts || one.thread_ts === ts) };
      case 'conversations.history':
        return { ok: true, messages: this.messages.filter((one) => one.channel === channel) };
      case 'usergroups.users.list':
        return { ok: true, users: this.groups.get(args['usergroup'] ?? '') ?? [] };
      case 'apps.connections.open':
        return { ok: true, url: `ws://127.0.0.1:${this.#port}/socket` };
      case 'auth.test':
        return { ok: true, user_id: 'UBOT', bot_id: 'BBOT', team_id: 'T1' };
      default:
        return { ok: false, error: 'unknown_method' };
    }
  }

  #upgrade(request: IncomingMessage, socket: Socket): void {
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      for (const { opcode, text } of framesOf(chunk)) {
        if (opcode === 8) socket.end(Buffer.from([0x88, 0]));
        else if (opcode === 9) socket.write(Buffer.from([0x8a, 0]));
        else if (opcode === 1)
          this.acknowledged.push(String((JSON.parse(text) as { envelope_id?: string }).envelope_id));
      }
    });
    socket.write(
      frame(JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A1' } })),
    );
  }

  press(
    { channel, ts, blocks }: SlackMessage,
    button: string,
    user: { id: string; username: string },
  ): object {
    const element = blocks
      .flatMap(({ elements = [] }) => elements)
      .find(({ action_id }) => action_id === button);
    if (element === undefined) throw new Error(`the message has no button ${button}`);
    const { value } = element;
    return {
      type: 'block_actions',
      team: { id: 'T1', domain: 'team' },
      user: { ...user, name: user.username, team_id: 'T1' },
      api_app_id: 'A1',
      container: { type: 'message', message_ts: ts, channel_id: channel },
      channel: { id: channel, name: 'channel' },
      response_url: `http://127.0.0.1:${this.#port}/respond`,
      trigger_id: randomUUID(),
      actions: [{ type: 'button', action_id: button, block_id: 'sluice_gate', value, action_ts: ts }],
    };
  }

  deliver(payload: object): string {
    const envelope_id = randomUUID();
    const text = JSON.stringify({
      envelope_id,
      type: 'interactive',
      accepts_response_payload: false,
      payload,
    });
    for (const socket of this.sockets) {
      socket.write(frame(text));
      break;
    }
    return envelope_id;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Starts it on a free port of the loopback. */
export async function startSlackServer(): Promise<SlackServer> {
  return new Slack().start();
}
