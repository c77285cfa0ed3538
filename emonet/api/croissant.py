"""A corpus card as Croissant, the JSON-LD that MLCommons describes data sets in (version 1.0)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from emonet.corpus.corpus import Corpus, Source, Target

_TERMS = (
    "citeAs column equivalentProperty extract field fileObject fileProperty fileSet format includes isLiveDataset "
    "jsonPath key md5 parentField path recordSet references regex repeated replace samplingRate separator source "
    "subField transform"
)
_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{word: f"cr:{word}" for word in _TERMS.split()},
}
"""The context that version 1.0 of the format asks for (its appendix 1)."""

_GIT_HAS_NO_SUM = "https://github.com/mlcommons/croissant/issues/80"
"""What the format's own examples write as the checksum of a repository, which is fixed by its commit."""
_ZENODO = re.compile(r"(?:doi:)?10\.5281/zenodo\.(\d+)")


def croissant_of(corpus: Corpus) -> dict[str, Any]:
    """Return what a card says as Croissant 1.0; as ``emonet corpora info ID --croissant`` prints it.

    Only what has a checksum or a commit stands under ``distribution``, as the format asks for.
    """
    facts: dict[str, Any] = {
        "@context": dict(_CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": corpus.id,
        "alternateName": corpus.title,
        "description": " ".join([f"{corpus.title}.", *corpus.notes]),
        "license": _licence(corpus),
        "url": corpus.homepage,
        "citeAs": str(corpus.citation),
        "inLanguage": list(corpus.languages),
        "creator": {"@type": "sc:Person", "name": corpus.citation.authors},
        "datePublished": str(corpus.citation.year) if corpus.citation.year else "",
        "isAccessibleForFree": corpus.access == "public",
        "sameAs": [f"https://doi.org/{source.doi.removeprefix('doi:')}" for source in corpus.sources if source.doi],
        "distribution": [file for number, source in enumerate(corpus.sources) for file in _files(source, number)],
        "recordSet": [_classes(target) for target in corpus.targets if target.classes],
    }
    return {key: value for key, value in facts.items() if value not in ("", [])}


def _licence(corpus: Corpus) -> str:
    return f"https://spdx.org/licenses/{corpus.spdx}" if corpus.spdx else corpus.licence


def _files(source: Source, number: int) -> Iterator[dict[str, Any]]:
    """Yield the file behind a source, where the format can say what fixes its content."""
    zenodo = _ZENODO.fullmatch(source.doi)
    names = [source.file] if source.file else list(source.files)
    if source.git or source.hub:
        address = source.git or f"https://huggingface.co/datasets/{source.hub}"
        about = {"contentUrl": f"{address}/tree/{source.revision}", "encodingFormat": "git+https"}
        yield _file(f"repository-{number}", about | {"sha256": _GIT_HAS_NO_SUM})
    elif source.sha256 and source.url:
        yield _file(source.url.rpartition("/")[2] or "archive", {"contentUrl": source.url, "sha256": source.sha256})
    elif source.sha256 and zenodo and len(names) == 1:
        address = f"https://zenodo.org/records/{zenodo[1]}/files/{names[0]}?download=1"
        size = {"contentSize": f"{source.size} B"} if source.size else {}
        yield _file(names[0], {"contentUrl": address, "sha256": source.sha256} | size)


def _file(name: str, about: Mapping[str, str]) -> dict[str, Any]:
    kinds = {".zip": "application/zip", ".tgz": "application/x-tar", ".gz": "application/x-tar"}
    kind = next((mime for suffix, mime in kinds.items() if name.endswith(suffix)), "application/octet-stream")
    return {"@type": "cr:FileObject", "@id": name, "name": name, "encodingFormat": kind, **about}


def _classes(target: Target) -> dict[str, Any]:
    """Return the classes of a target as an enumeration."""
    field = f"{target.name}/name"
    return {
        "@type": "cr:RecordSet",
        "@id": target.name,
        "name": target.name,
        "description": f"The classes of {target.name}.",
        "dataType": "sc:Enumeration",
        "key": {"@id": field},
        "field": [{"@type": "cr:Field", "@id": field, "name": "name", "dataType": "sc:Text"}],
        "data": [{field: label} for label in target.classes],
    }
