/** A body as UTF-8; null as soon as it is longer than so many bytes. The rest of it is not read then. */
export async function textOf(body: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body) {
    size += part.length;
    if (size > mostBytes) return null;
    parts.push(part);
  }
  return new TextDecoder().decode(Buffer.concat(parts));
}
