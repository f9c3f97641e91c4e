"""Draws the screens that tests/e2e/scenes.rs wrote: `render.py FOLDER_OF_JSON FOLDER_OF_PNG`.

Every cell is drawn where a terminal would draw it. Lines and blocks are drawn as shapes, so that
they meet; all other characters come from JetBrains Mono, or DejaVu Sans Mono where that has none.
"""

import functools
import json
import pathlib
import sys

import PIL
from PIL import Image, ImageDraw, ImageFont

# The fonts' packages lie beside Pillow's; they are read, not imported.
LIBRARY = pathlib.Path(PIL.__file__).parent.parent

# Pixels, for a screen of twice the usual density.
FONT, CELL_WIDTH, CELL_HEIGHT, MARGIN = 30, 18, 40, 36

BACKGROUND, FOREGROUND = (22, 24, 29), (208, 212, 220)
ANSI = [
    (44, 48, 57), (232, 106, 113), (146, 196, 118), (226, 181, 104),
    (106, 161, 235), (196, 131, 222), (94, 187, 199), (186, 192, 204),
    (98, 106, 122), (245, 139, 144), (171, 217, 145), (240, 204, 138),
    (142, 186, 248), (214, 160, 236), (131, 212, 222), (240, 243, 248),
]  # fmt: skip


def colour(value, default):
    """The pixel's colour for `null`, a number of the 256 colours, or red, green and blue."""
    if value is None:
        return default
    if isinstance(value, list):
        return tuple(value)
    if value < 16:
        return ANSI[value]
    if value >= 232:
        return (8 + 10 * (value - 232),) * 3
    cube = value - 16
    return tuple(step and 55 + 40 * step for step in (cube // 36, cube // 6 % 6, cube % 6))


def mix(one, other, share):
    return tuple(round(a * share + b * (1 - share)) for a, b in zip(one, other))


@functools.cache
def fonts(bold, italic):
    """The fonts to look for a character in, each with the picture of what it lacks."""
    def load(name):
        return ImageFont.truetype(LIBRARY / name, FONT, layout_engine=ImageFont.Layout.BASIC)

    first = load(f"fontpkg_jetbrains_mono/files/JetBrainsMono{'-Italic' if italic else ''}[wght].ttf")
    first.set_variation_by_axes([700 if bold else 400])
    second = load(f"rinoh_typeface_dejavusansmono/DejaVuSansMono{'-Bold' if bold else ''}.ttf")
    return [(font, bytes(font.getmask("\U0010ffff"))) for font in (first, second)]


@functools.cache
def font_of(character, bold, italic):
    for font, lacking in fonts(bold, italic):
        if bytes(font.getmask(character)) != lacking:
            return font
    print(f"no font has {character!r} (U+{ord(character):04X})", file=sys.stderr)
    return fonts(bold, italic)[0][0]


# Which arms each line has, of up, right, down and left; round corners are drawn as square ones
# with the corner cut.
LINES = {
    "─": "rl", "│": "ud", "┌": "rd", "┐": "dl", "└": "ur", "┘": "ul", "├": "urd", "┤": "udl",
    "┬": "rdl", "┴": "url", "┼": "urdl", "╭": "rd", "╮": "dl", "╰": "ur", "╯": "ul",
    "╴": "l", "╵": "u", "╶": "r", "╷": "d", "━": "RL", "┃": "UD",
}  # fmt: skip
# Left, top, right and bottom of each block, in eighths of the cell.
BLOCKS = {"▀": (0, 0, 8, 4), "▐": (4, 0, 8, 8), "▔": (0, 0, 8, 1), "▕": (7, 0, 8, 8)}
BLOCKS |= {chr(0x2580 + n): (0, 8 - n, 8, 8) for n in range(1, 9)}
BLOCKS |= {chr(0x2590 - n): (0, 0, n, 8) for n in range(1, 8)}
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}


def draw_line(draw, left, top, arms, round_corner, ink):
    thick = 4 if arms.isupper() else 2
    x, y = left + CELL_WIDTH // 2, top + CELL_HEIGHT // 2
    right, bottom = left + CELL_WIDTH, top + CELL_HEIGHT
    if round_corner:
        r = CELL_WIDTH // 2
        centre_x = x + r if "r" in arms else x - r
        centre_y = y + r if "d" in arms else y - r
        start = {"rd": 180, "dl": 270, "ur": 90, "ul": 0}[arms]
        box = (centre_x - r, centre_y - r, centre_x + r, centre_y + r)
        draw.arc(box, start, start + 90, ink, thick)
        if "d" in arms:
            draw.rectangle((x - 1, centre_y, x, bottom - 1), ink)
        else:
            draw.rectangle((x - 1, top, x, centre_y), ink)
        return
    half = thick // 2
    arms = arms.lower()
    across = (left if "l" in arms else x - half, y - half, (right if "r" in arms else x + half) - 1, y + half - 1)
    down = (x - half, top if "u" in arms else y - half, x + half - 1, (bottom if "d" in arms else y + half) - 1)
    if "l" in arms or "r" in arms:
        draw.rectangle(across, ink)
    if "u" in arms or "d" in arms:
        draw.rectangle(down, ink)


def draw_text(draw, left, top, text, ink, paper, style):
    if text in LINES:
        draw_line(draw, left, top, LINES[text], text in "╭╮╰╯", ink)
    elif text in BLOCKS:
        x0, y0, x1, y1 = BLOCKS[text]
        draw.rectangle(
            (
                left + round(x0 * CELL_WIDTH / 8),
                top + round(y0 * CELL_HEIGHT / 8),
                left + round(x1 * CELL_WIDTH / 8) - 1,
                top + round(y1 * CELL_HEIGHT / 8) - 1,
            ),
            ink,
        )
    elif text in SHADES:
        box = (left, top, left + CELL_WIDTH - 1, top + CELL_HEIGHT - 1)
        draw.rectangle(box, mix(ink, paper, SHADES[text]))
    else:
        ascent, descent = fonts(False, False)[0][0].getmetrics()
        baseline = top + (CELL_HEIGHT - ascent - descent) // 2 + ascent
        draw.text((left, baseline), text, ink, font_of(text[0], "b" in style, "i" in style), anchor="ls")


def draw_cell(draw, cell, cursor):
    column, row, text, wide, foreground, background, style = cell
    ink, paper = colour(foreground, FOREGROUND), colour(background, BACKGROUND)
    if "r" in style:
        ink, paper = paper, ink
    if "d" in style:
        ink = mix(ink, paper, 0.55)
    if cursor == [column, row]:
        ink, paper = BACKGROUND, FOREGROUND
    left, top = MARGIN + column * CELL_WIDTH, MARGIN + row * CELL_HEIGHT
    right, bottom = left + wide * CELL_WIDTH - 1, top + CELL_HEIGHT - 1
    if paper != BACKGROUND:
        draw.rectangle((left, top, right, bottom), paper)
    if "u" in style:
        draw.rectangle((left, bottom - 5, right, bottom - 4), ink)
    if text.strip():
        draw_text(draw, left, top, text, ink, paper, style)


def render(screen):
    width = 2 * MARGIN + screen["columns"] * CELL_WIDTH
    height = 2 * MARGIN + screen["rows"] * CELL_HEIGHT
    image = Image.new("RGB", (width, height), BACKGROUND)
    draw = ImageDraw.Draw(image)
    cursor = screen["cursor"]
    if cursor:
        draw_cell(draw, [*cursor, " ", 1, None, None, ""], cursor)
    for cell in screen["cells"]:
        draw_cell(draw, cell, cursor)
    # Text and its smoothed edges need few colours; a palette makes the file a third of the size.
    return image.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def main(screens, pictures):
    for path in sorted(pathlib.Path(screens).glob("*.json")):
        picture = pathlib.Path(pictures, path.stem + ".png")
        render(json.loads(path.read_text())).save(picture, optimize=True)
        print(f"{picture}  {picture.stat().st_size // 1024} KiB")


main(*sys.argv[1:])
