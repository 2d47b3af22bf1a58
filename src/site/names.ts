/** What a site calls a model: a path of the machine that wrote it is nobody else's business, so its last part. */
export function publicName(name: string): string {
  if (name === 'sample' || /^https?:\/\//.test(name)) return name;
  const isPath =
    /^[./~\\]|^[A-Za-z]:[\\/]|\\|\.(gguf|safetensors|bin)(#\w+)?$/.test(name) || name.split('/').length > 2;
  return isPath
    ? (name
        .replace(/[\\/]+$/, '')
        .split(/[\\/]/)
        .at(-1) ?? name)
    : name;
}
