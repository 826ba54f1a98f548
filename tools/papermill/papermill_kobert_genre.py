"""Hands papermill's parameters to the notebooks: `papermill notebooks/04_fine_tuning.ipynb out.ipynb -p songs mine.csv -p recipe quick`.

papermill writes a cell before a notebook's first one; here it sets `globalThis.parameters`, which `settings()` of lib/notebook reads, and which
takes the place of the environment's variables. Names are those of `settings({ … })`.
"""

import json

from papermill.engines import NBClientEngine
from papermill.translators import Translator, papermill_translators

__all__ = ["NBClientEngine", "ParametersTranslator"]


class ParametersTranslator(Translator):
    """Parameters as one TypeScript object."""

    @classmethod
    def comment(cls, text):
        return f"// {text}".strip()

    @classmethod
    def codify(cls, parameters, comment="Parameters"):
        values = json.dumps(parameters, ensure_ascii=False, default=str)
        return f"{cls.comment(comment)}\nconst parameters = globalThis.parameters = {values};\n"


papermill_translators.register("kobert-genre", ParametersTranslator)
