/** Sends a great many commands to a Redis over one bare socket, as fast as it takes them. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { ReplyScanner } from './resp.ts';

/** Some commands, encoded. */
export interface Packet {
  readonly bytes: Buffer | string;
  readonly commandCount: number;
}

export interface PumpOptions {
  /** At most so many packets are without an answer at any time. */
  readonly packetsInFlight?: number;
  /** Hears each reply as it stands on the wire. */
  readonly onReply?: (reply: string) => void;
}

/** Sends all packets and resolves when every command was answered. Rejects at the first that was refused. */
export async function pump(
  port: number,
  packets: Iterable<Packet>,
  { packetsInFlight = 16, onReply }: PumpOptions = {},
): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.setEncoding('latin1');
  await once(socket, 'connect');
  const source = packets[Symbol.iterator]();
  const scanner = new ReplyScanner();
  const sizes: number[] = [];
  let answered = 0;
  let isAtEnd = false;
  try {
    await new Promise<void>((resolve, reject) => {
      const fill = (): void => {
        while (!isAtEnd && sizes.length < packetsInFlight) {
          const next = source.next();
          if (next.done === true) isAtEnd = true;
          else {
            sizes.push(next.value.commandCount);
            socket.write(next.value.bytes);
          }
        }
        if (isAtEnd && sizes.length === 0) resolve();
      };
      socket.on('data', (text: string) => {
        for (const reply of scanner.add(text)) {
          if (reply.startsWith('-')) reject(new Error(`Redis refused: ${reply}`));
          onReply?.(reply);
          answered += 1;
          if (answered < (sizes[0] ?? 0)) continue;
          sizes.shift();
          answered = 0;
        }
        fill();
      });
      socket.once('error', reject);
      socket.once('close', () => {
        reject(new Error('Redis closed the connection'));
      });
      fill();
    });
  } finally {
    socket.destroy();
  }
}
