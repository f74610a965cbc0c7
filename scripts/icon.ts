/** Makes the picture of the program from its drawing: `npm run icon`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createCanvas, loadImage } from '@napi-rs/canvas'

const SIZE = 1024
const canvas = createCanvas(SIZE, SIZE)
const drawing = await loadImage(readFileSync('electron/icon/icon.svg'))
canvas.getContext('2d').drawImage(drawing, 0, 0, SIZE, SIZE)
writeFileSync('electron/icon/icon.png', await canvas.encode('png'))
