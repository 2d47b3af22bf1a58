import { expect, it } from 'vitest';
import { droppedFiles } from './dropped.ts';

/** A folder as a browser hands it over: a hundred entries at a time, then none. */
function folder(name: string, inside: FileSystemEntry[]): FileSystemEntry {
  return {
    name,
    isFile: false,
    createReader() {
      let given = 0;
      return {
        readEntries(take: (some: FileSystemEntry[]) => void) {
          take(inside.slice(given, given + 100));
          given += 100;
        },
      };
    },
  } as unknown as FileSystemEntry;
}

const file = (name: string): FileSystemEntry =>
  ({ name, isFile: true, file: (take: (file: File) => void) => take(new File([name], name)) }) as never;

const drop = (...entries: FileSystemEntry[]): DataTransfer =>
  ({ items: entries.map((entry) => ({ webkitGetAsEntry: () => entry })), files: [] }) as never;

it('takes all files of a folder that is dropped, by their paths in it', async () => {
  const model = folder('model', [file('config.json'), folder('weights', [file('model.safetensors')])]);
  const found = await droppedFiles(drop(model));
  expect(found.map(([path]) => path)).toEqual(['model/config.json', 'model/weights/model.safetensors']);
  expect(await found[1][1].text()).toBe('model.safetensors');
});

it('takes more files than a browser hands over at a time', async () => {
  const many = Array.from({ length: 250 }, (_, i) => file(`model-${i}.safetensors`));
  expect(await droppedFiles(drop(folder('shards', many)))).toHaveLength(250);
});

it('stops at ten thousand files', async () => {
  const many = Array.from({ length: 10_050 }, (_, i) => file(`${i}`));
  expect(await droppedFiles(drop(folder('disk', many)))).toHaveLength(10_000);
});

it('takes files where the browser knows no folders', async () => {
  const plain = new File(['x'], 'model.gguf');
  const data = { items: [{}], files: [plain] } as never;
  expect(await droppedFiles(data)).toEqual([['model.gguf', plain]]);
});

it('says what could not be read', async () => {
  const gone = {
    name: 'gone',
    isFile: true,
    file: (_: unknown, fail: (error: Error) => void) => fail(new Error('gone')),
  };
  await expect(droppedFiles(drop(gone as never))).rejects.toThrow('gone');
});
