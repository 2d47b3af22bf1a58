import { expect, test } from 'vitest';
import { eventParser, type ServerEvent } from './client.ts';

const STREAM =
  ': hello\nevent: progress\ndata: {"done":0.5}\n\ndata:a\r\ndata: b\r\n\r\nevent: nothing\n\nid: 3\nevent: result\ndata: [1]\n\n';

test('events are the same however the stream is cut', () => {
  for (let size = 1; size <= STREAM.length; size++) {
    const events: ServerEvent[] = [];
    const parse = eventParser((event) => events.push(event));
    for (let at = 0; at < STREAM.length; at += size) parse(STREAM.slice(at, at + size));
    expect(events).toEqual([
      { event: 'progress', data: '{"done":0.5}' },
      { event: 'message', data: 'a\nb' },
      { event: 'result', data: '[1]' },
    ]);
  }
});

test('an event that is not finished is not given out', () => {
  const events: ServerEvent[] = [];
  eventParser((event) => events.push(event))('event: result\ndata: 1\n');
  expect(events).toEqual([]);
});
