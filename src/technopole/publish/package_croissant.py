"""Croissant 1.0 (JSON-LD) of a data package: what machine-learning tools read to load the tables with their types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from technopole.publish.package import Column, PackagedFile

CONTEXT: Final[dict[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
TYPES: Final = {"integer": "sc:Integer", "number": "sc:Float", "boolean": "sc:Boolean", "string": "sc:Text"}
MEDIA_TYPES: Final = {"application/vnd.apache.parquet": "application/x-parquet"}
"""What mlcroissant calls a Parquet file."""


def croissant(
    files: Sequence[PackagedFile],
    *,
    name: str,
    title: str,
    description: str,
    licence: str,
    version: str,
    edition: str,
) -> dict[str, Any]:
    """Describe a data package as Croissant 1.0.

    Parameters
    ----------
    files : every file but the descriptions, with paths within the package.
    edition : its id, which is the month of its publication ("2026-11").
    """
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "alternateName": title,
        "description": description,
        "license": licence,
        "version": version,
        "datePublished": edition,
        "creator": {"@type": "sc:Organization", "name": "The Technopole developers"},
        "citeAs": f"The Technopole developers. {title}. Version {version}.",
        "distribution": [_file_object(file) for file in files],
        "recordSet": [_record_set(file) for file in files if file.columns],
    }


def _file_object(file: PackagedFile) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": f"{file.name}-file",
        "name": f"{file.name}-file",
        "description": file.title,
        "contentUrl": file.path,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": MEDIA_TYPES.get(file.media_type, file.media_type),
        "sha256": file.sha256,
    }


def _record_set(file: PackagedFile) -> dict[str, Any]:
    record: dict[str, Any] = {
        "@type": "cr:RecordSet",
        "@id": file.name,
        "name": file.name,
        "description": file.title,
        "field": [_field(file.name, column) for column in file.columns],
    }
    if file.key:
        record["key"] = [{"@id": f"{file.name}/{column}"} for column in file.key]
    return record


def _field(table: str, column: Column) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{table}/{column.name}",
        "name": column.name,
        "description": column.description,
        "dataType": TYPES[column.kind],
        "source": {"fileObject": {"@id": f"{table}-file"}, "extract": {"column": column.name}},
    }
