import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { renderAsync } from '@resvg/resvg-js'

// Without a font file text vanishes silently, and a container may have no fonts at all.
const interFolder = dirname(createRequire(import.meta.url).resolve('@expo-google-fonts/inter/package.json'))
const FONTS = [
  join(interFolder, '400Regular', 'Inter_400Regular.ttf'),
  join(interFolder, '600SemiBold', 'Inter_600SemiBold.ttf'),
]

/** The SVG as PNG, 1,200 pixels wide: sharp at twice the width at which Slack shows it. */
export async function renderPng(svg: string): Promise<Buffer> {
  const image = await renderAsync(svg, {
    fitTo: { mode: 'width', value: 1_200 },
    font: { loadSystemFonts: false, fontFiles: FONTS, defaultFontFamily: 'Inter' },
    background: '#ffffff',
  })
  return image.asPng()
}
