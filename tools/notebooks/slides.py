"""The slides of notebooks as nbconvert's reveal.js template lays them out, without the page around them: slides.ts makes that.

Takes a JSON text {"notebooks": [path, …], "code": whether cells show their code} as argument and prints a JSON list of HTML, one a notebook.
"""

import json
import re
import sys

import latex2mathml.converter
import nbformat
from jinja2 import DictLoader
from nbconvert import SlidesExporter

DISPLAY_MATH = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
INLINE_MATH = re.compile(r"(?<![\w$\\])\$(?![\s$])([^$\n]+?)(?<!\s)\$(?![\w$])")
# They say where things are from, not what is done.
IMPORTS = re.compile(r"^import\b[^;]*;\s*", re.MULTILINE)


def with_mathml(text):
    """TeX as MathML, which browsers set by themselves."""

    def display(match):
        return f'<div class="math">{latex2mathml.converter.convert(match[1].strip(), display="block")}</div>'

    return INLINE_MATH.sub(
        lambda match: latex2mathml.converter.convert(match[1]), DISPLAY_MATH.sub(display, text)
    )


def shown(output):
    """Whether an output is for the audience: a progress bar is not."""
    html = output.get("data", {}).get("text/html", "")
    return not ("".join(html)).startswith('<div class="progress">')


# nbconvert's slides, but for pictures, which lack the text for those who do not see them.
TEMPLATE = """{%- extends 'base.html.j2' -%}
{%- block data_png scoped -%}
<div class="jp-RenderedImage jp-OutputArea-output {{ extra_class }}">
{%- set size = output.metadata.get('image/png', {}) -%}
<img src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}"
{%- for name in ['width', 'height'] if name in size %} {{ name }}="{{ size[name] | escape_html }}"{%- endfor %} alt="{{ size['alt'] | escape_html }}">
</div>
{%- endblock data_png -%}"""
# Lines of a log that a slide shows, from its beginning and its end.
LOG_HEAD, LOG_TAIL = 3, 6


def shortened(text):
    """A log of many lines by its first and last ones."""
    lines = "".join(text).rstrip("\n").split("\n")
    if len(lines) <= LOG_HEAD + LOG_TAIL + 1:
        return "".join(text)
    between = f"… {len(lines) - LOG_HEAD - LOG_TAIL}줄 · lines …"
    return "\n".join([*lines[:LOG_HEAD], between, *lines[-LOG_TAIL:]]) + "\n"


def prepared(path):
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = with_mathml(cell.source)
        if cell.cell_type == "code":
            cell.source = IMPORTS.sub("", cell.source)
            cell.outputs = [output for output in cell.outputs if shown(output)]
            for output in cell.outputs:
                if output.output_type == "stream":
                    output.text = shortened(output.text)
                # Of a figure the picture: it needs no script. Its text stands in its metadata; one of before has its title.
                if "image/png" in output.get("data", {}):
                    output.data.pop("text/html", None)
                    title = "".join(output.data.get("text/plain", "")).strip("'\"")
                    output.metadata.setdefault("image/png", {}).setdefault("alt", title)
    return nb


def main():
    request = json.loads(sys.argv[1])
    exporter = SlidesExporter(
        extra_loaders=[DictLoader({"slides": TEMPLATE})],
        template_file="slides",
        exclude_input=not request["code"],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    decks = [exporter.from_notebook_node(prepared(path))[0] for path in request["notebooks"]]
    json.dump(decks, sys.stdout)


if __name__ == "__main__":
    main()
