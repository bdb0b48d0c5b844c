"""Where each setting comes from. One precedence, the first that names a setting wins:

1. the environment, `SYNCBED_*` (the options of `syncbed serve` are these),
2. the environment under seed 004's names, `WEBSOCKET_*`,
3. the file that `SYNCBED_CONFIG` (`--config`) names: `websocket:` in the guide's words, `syncbed:` in ours,
4. with such a file, the guide's defaults, except its host,
5. our defaults.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import SecretStr, ValidationError
from pydantic_settings import SettingsError

from .brokers.redis_url import without_password
from .errors import StartupError
from .guide import OPTIONS, VARIABLES, settings_of
from .settings import Settings

CONFIG_VARIABLE = "SYNCBED_CONFIG"
FILE_BYTES_MAX = 1_000_000
SECTIONS = ("websocket", "syncbed")
GUIDE_DEFAULT, DEFAULT = "default of the guide", "default"


@dataclass(frozen=True, slots=True)
class Configuration:
    settings: Settings
    sources: dict[str, str]
    """By the setting's name."""
    without_effect: dict[str, tuple[Any, str]] = field(default_factory=dict)
    """Options of the guide that mean nothing here: their value and their source."""

    def rows(self) -> list[dict[str, Any]]:
        rows = [
            {"name": name, "value": _shown(name, value), "source": self.sources[name]}
            for name, value in self.settings
        ]
        return rows + [
            {"name": name, "value": value, "source": f"{source}; {OPTIONS[name].comes_to}"}
            for name, (value, source) in self.without_effect.items()
        ]


def read_configuration(environ: Mapping[str, str]) -> Configuration:
    """StartupError, in one line that names what is wrong, if anything makes no sense."""
    guide: dict[str, tuple[Any, str]] = {}
    ours: dict[str, tuple[Any, str]] = {}
    path = environ.get(CONFIG_VARIABLE)
    if path:
        guide = {
            name: (option.parse(option.default), GUIDE_DEFAULT)
            for name, option in OPTIONS.items()
            if option.default is not None
        }
        _read_file(Path(path), guide, ours)
    for variable, name in VARIABLES.items():
        if variable in environ:
            guide[name] = (_parse(name, environ[variable], variable), variable)
    values = _values(guide) | ours
    if path or "WEBSOCKET_ENABLED" in environ:
        values["guide_names"] = (True, CONFIG_VARIABLE if path else "WEBSOCKET_ENABLED")
    for variable, name in VARIABLES.items():  # above the file's own names as well
        setting = OPTIONS[name].comes_to
        if variable in environ and setting in ours:
            values[setting] = _values(guide)[setting]
    values = {name: each for name, each in values.items() if _variable(name) not in environ}
    settings = _settings(values)
    sources = {name: _source(name, values, environ) for name in Settings.model_fields}
    unused = {name: each for name, each in guide.items() if OPTIONS[name].comes_to.startswith("without")}
    return Configuration(settings, sources, unused)


def _values(guide: Mapping[str, tuple[Any, str]]) -> dict[str, tuple[Any, str]]:
    found = settings_of({name: value for name, (value, _) in guide.items()})
    values = {
        setting: (value, guide.get(name, (None, GUIDE_DEFAULT))[1])
        for setting, (value, name) in found.items()
    }
    if "ping_timeout_s" in values and values["ping_timeout_s"][0] <= 0:
        raise StartupError(f"{values['ping_timeout_s'][1]}: pong_wait must be longer than ping_interval")
    return values


def _read_file(path: Path, guide: dict[str, tuple[Any, str]], ours: dict[str, tuple[Any, str]]) -> None:
    document = _load(path)
    for section, members in document.items():
        if section not in SECTIONS:
            raise StartupError(f"{path}: there is no section {section!r}; there are {', '.join(SECTIONS)}")
        if not isinstance(members, dict):
            raise StartupError(f"{path}: {section} must be a mapping")
        for name, value in _flat(members).items() if section == "websocket" else members.items():
            where = f"{path}: {section}.{name}"
            if section == "websocket":
                if name not in OPTIONS:
                    raise StartupError(f"{where}: there is no such option")
                guide[name] = (_parse(name, value, where), where)
            elif name not in Settings.model_fields:
                raise StartupError(f"{where}: there is no such setting")
            else:
                ours[name] = (value, where)


def _load(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StartupError(f"{CONFIG_VARIABLE}: cannot read {path}: {reason}") from error
    if len(text) > FILE_BYTES_MAX:
        raise StartupError(f"{CONFIG_VARIABLE}: {path} has more than {FILE_BYTES_MAX} characters")
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise StartupError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise StartupError(f"{path}: must be a mapping with {' or '.join(SECTIONS)}")
    return document


def _flat(members: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in members.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _parse(option: str, value: Any, where: str) -> Any:
    try:
        return OPTIONS[option].parse(value)
    except ValueError as error:
        raise StartupError(f"{where}: {error}, not {value!r}") from error


def _settings(values: Mapping[str, tuple[Any, str]]) -> Settings:
    try:
        return Settings(**{name: value for name, (value, _) in values.items()})
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"][:1])
        where = values[name][1] if name in values else _variable(name)
        raise StartupError(f"{where.rstrip('_')}: {first['msg']}") from error
    except SettingsError as error:  # a list that is not JSON
        raise StartupError(f'the environment (a list is written ["one","two"]): {error}') from error


def _source(name: str, values: Mapping[str, tuple[Any, str]], environ: Mapping[str, str]) -> str:
    if _variable(name) in environ:
        return _variable(name)
    return values[name][1] if name in values else DEFAULT


def _variable(setting: str) -> str:
    return f"SYNCBED_{setting.upper()}"


def _shown(name: str, value: Any) -> Any:
    if name == "redis_url" and value is not None:
        return without_password(value)
    if isinstance(value, SecretStr):
        return str(value)
    return str(value) if isinstance(value, Path) else value


def explain(configuration: Configuration, *, as_json: bool) -> str:
    rows = configuration.rows()
    if as_json:
        return json.dumps(rows, indent=2)
    width = max(len(row["name"]) for row in rows)
    return "\n".join(f"{row['name']:<{width}}  {json.dumps(row['value'])}  ({row['source']})" for row in rows)
