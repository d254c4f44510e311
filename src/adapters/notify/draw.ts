import { readFile } from 'node:fs/promises';
import { brotliDecompressSync } from 'node:zlib';
import type { Resvg } from '@resvg/resvg-wasm';

/** Draws an SVG as PNG, with that many pixels for each of the SVG. */
export type Draw = (svg: string, scale: number) => Promise<Uint8Array<ArrayBuffer>>;

/** Set by the bundle of the controller, which has the library and the font in it: Brotli in base64. */
declare const SLUICE_RESVG: string | undefined;
declare const SLUICE_FONT: string | undefined;

const packed = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(brotliDecompressSync(Buffer.from(text, 'base64')));

const installed = async (file: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await readFile(new URL(import.meta.resolve(file))));

async function readLibrary(): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof SLUICE_RESVG === 'string') return packed(SLUICE_RESVG);
  return installed('@resvg/resvg-wasm/index_bg.wasm');
}

async function readFont(): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof SLUICE_FONT === 'string') return packed(SLUICE_FONT);
  return installed('@fontsource/inter/files/inter-latin-400-normal.woff2');
}

interface Pen {
  readonly resvg: typeof Resvg;
  readonly font: Uint8Array;
}

async function open(): Promise<Pen> {
  const [{ Resvg: resvg, initWasm }, wasm, font] = await Promise.all([
    import('@resvg/resvg-wasm'),
    readLibrary(),
    readFont(),
  ]);
  await initWasm(wasm);
  return { resvg, font };
}

/** Draws by resvg, which is loaded with the first picture and then stays in memory. */
export function createDraw(): Draw {
  let pen: Promise<Pen> | null = null;
  return async (svg, scale) => {
    pen ??= open();
    const { resvg: Drawing, font } = await pen;
    const drawing = new Drawing(svg, {
      font: { fontBuffers: [font], defaultFontFamily: 'Inter' },
      fitTo: { mode: 'zoom', value: scale },
    });
    const image = drawing.render();
    const png = new Uint8Array(image.asPng());
    image.free();
    drawing.free();
    return png;
  };
}
