"""Put a software bill of materials into the wheel (PEP 770), made from the metadata that the wheel has anyway.

The wheel bundles no third-party code. Its dependencies are listed as external components, in the format CycloneDX 1.7,
each with the range of versions that the installer chooses from.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement


class SbomHook(BuildHookInterface[BuilderConfig]):
    """Adds `.dist-info/sboms/zuora-journal-runs.cdx.json` to the wheel."""

    _folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the bill before the wheel is built; an editable installation has none."""
        if version != "standard":
            return
        core = self.metadata.core
        optional = [each for extra in core.optional_dependencies_complex.values() for each in extra.values()]
        sbom = bill(
            name=core.name,
            version=self.metadata.version,
            license=core.license_expression,
            description=core.description,
            required=core.dependencies_complex.values(),
            optional=[each for each in optional if each.name != core.name],
        )
        self._folder = tempfile.TemporaryDirectory()
        path = Path(self._folder.name, f"{core.name}.cdx.json")
        path.write_text(f"{json.dumps(sbom, indent=2)}\n", encoding="utf-8", newline="\n")
        build_data["sbom_files"].append(str(path))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what was written for the build."""
        if self._folder is not None:
            self._folder.cleanup()


def bill(
    *,
    name: str,
    version: str,
    license: str,  # noqa: A002 - as in pyproject.toml
    description: str,
    required: Iterable[Requirement],
    optional: Iterable[Requirement],
) -> dict[str, Any]:
    """Return the bill of materials, the same whenever and wherever it is made."""
    package = f"pkg:pypi/{name}@{version}"
    scopes = {each.name: (each, "optional") for each in optional}
    scopes |= {each.name: (each, "required") for each in required}
    components = [_component(each, scope) for _, (each, scope) in sorted(scopes.items())]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "version": 1,
        "metadata": {
            "component": {
                "type": "library",
                "bom-ref": package,
                "name": name,
                "version": version,
                "description": description,
                "licenses": [{"license": {"id": license}}],
                "purl": package,
            },
        },
        "components": components,
        "dependencies": [{"ref": package, "dependsOn": [each["bom-ref"] for each in components]}],
    }


def _component(requirement: Requirement, scope: str) -> dict[str, Any]:
    package = f"pkg:pypi/{requirement.name}"
    return {
        "type": "library",
        "bom-ref": package,
        "name": requirement.name,
        "versionRange": _range(requirement),
        "isExternal": True,
        "scope": scope,
        "purl": package,
    }


def _range(requirement: Requirement) -> str:
    """Return the accepted versions as a `vers` range, lower bound first."""
    bounds = {each.operator: each.version for each in requirement.specifier}
    if sorted(bounds) != ["<", ">="] or len(requirement.specifier) != len(bounds):
        raise ValueError(
            f"the bill of materials takes a lower (>=) and an upper bound (<) of each package: {requirement}"
        )
    return f"vers:pypi/>={bounds['>=']}|<{bounds['<']}"
