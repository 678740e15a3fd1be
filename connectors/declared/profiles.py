"""Profiles: connectors that are declared, not written: a TOML file over ``tabular`` or ``rest`` that a source file overrides."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model, model_validator

from connectors.declared.columns import identified
from connectors.declared.samples import answers, files, fill
from connectors.source import Config, Sample, Source
from connectors.sources.rest import flat
from layers.model import Kind

FOLDER = Path(__file__).parents[1] / "profiles"


class ProfileSample(BaseModel):
    """What a profile shows of itself. ``config`` is what a city has to add.

    ``rows`` and ``broken`` are rows by heading, as the system writes them; those of a map with ``unpivot``
    are wide, or narrow where they hold its value cell already. What the rows come in is made from them,
    unless ``responses`` or ``files`` state it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    config: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]
    broken: tuple[Mapping[str, Any], ...]
    responses: Mapping[str, str] = Field(default_factory=dict)
    files: Mapping[str, str] = Field(default_factory=dict)


class Profile(BaseModel):
    """A profile as its file states it; ``config`` are defaults in the form of the base's configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: Literal["tabular", "rest"]
    tested_on_real: bool
    title: Mapping[str, str]
    config: Mapping[str, Any]
    sample: ProfileSample


def paths(folder: Path = FOLDER) -> Mapping[str, Path]:
    """The profiles that there are, by name."""
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def load(path: Path) -> Profile:
    """Read a profile; raises ``ValueError`` naming the file, the field and the reason."""
    try:
        return Profile.model_validate(tomllib.loads(path.read_text("utf-8")))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise ValueError(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def source(name: str, profile: Profile, base: Source[Any]) -> Source[Any]:
    """The connector that a profile declares: its base's, with a configuration that begins from the profile's."""
    return Source(
        name=name,
        title=profile.title,
        kinds=frozenset({Kind(profile.config["kind"])}),
        config=_config(name, profile.config, base.config),
        pages=base.pages,
        parse=base.parse,
        key=base.key,
        tested_on_real=profile.tested_on_real,
        drop=base.drop,
    )


def sample(profile: Profile, declared: Source[Any]) -> Sample:
    """A profile's sample: its rows with their identifiers, and the files or answers that they come in."""
    shown = profile.sample
    config = declared.config.model_validate(fill(shown.config, "http://contoh"))
    given = {target: ("application/json", text.encode()) for target, text in shown.responses.items()}
    return Sample(
        config=shown.config,
        rows=tuple(_read(shown.rows, config)),
        broken=tuple(_read(shown.broken, config)),
        responses=given or answers(config, shown.rows),
        files={name: text.encode() for name, text in shown.files.items()} or files(config, shown.rows),
    )


def merge(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """``given`` over ``defaults``: tables merge, other values replace; ``false`` takes away what is no yes or no."""
    merged = dict(defaults)
    for key, value in given.items():
        before = merged.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            merged[key] = merge(before, value)
        elif value is False and before is not None and not isinstance(before, bool):
            del merged[key]
        else:
            merged[key] = value
    return merged


def _config(name: str, defaults: Mapping[str, Any], base: type[Config]) -> type[Config]:
    """The base's configuration, validated after the city's own was laid over the profile's."""

    def over(_: type[Config], given: Any) -> Any:
        return merge(defaults, given) if isinstance(given, Mapping) else given

    validators: dict[str, Any] = {"over": model_validator(mode="before")(classmethod(over))}  # type: ignore[arg-type] # as pydantic's own pages do
    return create_model(f"{base.__name__} {name}", __base__=base, __validators__=validators)


def _read(rows: tuple[Mapping[str, Any], ...], config: Any) -> Iterator[Mapping[str, Any]]:
    narrow = config.model_copy(update={"unpivot": None})
    for row in rows:
        wide = config.unpivot is None or config.unpivot.value not in row
        yield from identified([flat(row)], config if wide else narrow)
