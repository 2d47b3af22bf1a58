/**
 * The files of what was dropped, by their paths; of folders all that is in them. To be called while the event lasts.
 */
export async function droppedFiles(data: DataTransfer): Promise<(readonly [string, File])[]> {
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  if (entries.length === 0) return [...data.files].map((file) => [file.name, file] as const);
  const found: (readonly [string, File])[] = [];
  for (const entry of entries) await walk(entry, '', found);
  return found;
}

/** More than any checkpoint has: who drops a whole disk need not wait for all of it. */
const MOST = 10_000;

async function walk(entry: FileSystemEntry, above: string, found: (readonly [string, File])[]): Promise<void> {
  if (found.length >= MOST) return;
  const path = above + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push([path, file]);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A hundred at a time, until there are none.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const one of some) await walk(one, `${path}/`, found);
  }
}
