"""Corpora whose file names say everything: one regular expression each."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..features import audio_files


@dataclass(frozen=True)
class Naming:
    """What a corpus's official file names mean.

    Parameters
    ----------
    name : str
        Short name, prefix of its speaker ids.
    title, language, licence, citation : str
        What the corpus is, and how it may be used.
    pattern : str
        Regular expression for the end of a path without its extension; its groups ``speaker`` and
        ``label`` are required, ``sentence`` is optional.
    example : str
        A path that fits, for messages.
    labels : mapping of str to str
        Label codes to emotion words.
    gender : callable or None
        Speaker as in the name to "female" or "male"; None where it is not known.
    speakers : mapping of str to str
        Spellings of speakers that are to be replaced.
    """

    name: str
    title: str
    language: str
    licence: str
    citation: str
    pattern: str
    example: str
    labels: Mapping[str, str]
    gender: Callable[[str], str] | None = None
    speakers: Mapping[str, str] = field(default_factory=dict)

    def read(self, root, strict):
        """Rows of all audio files below a folder.

        Parameters
        ----------
        root : path-like
            The corpus's folder.
        strict : bool
            Whether an audio file whose name does not fit is an error; otherwise it is left out.

        Returns
        -------
        rows : list of dict
            ``file``, ``label``, ``speaker``, ``gender`` and ``sentence`` of each, in natural order.
        misnamed : list of str
            Audio files that do not fit, relative to `root`.
        """
        root = Path(root).expanduser()
        if not root.is_dir():
            raise FileNotFoundError(
                f"root must be the folder of {self.title}, but there is no folder {str(root)!r}."
            )
        pattern = re.compile(rf"(?:^|/)(?:{self.pattern})$")
        rows, misnamed = [], []
        for path in audio_files(root):
            relative = path.relative_to(root).as_posix()
            # the folder itself may be a part of the naming: one speaker's folder given as root
            match = pattern.search(f"{root.resolve().name}/{relative}".removesuffix(path.suffix))
            if match is None:
                misnamed.append(relative)
            else:
                rows.append({"file": str(path), **self._describe(match, relative)})
        if misnamed and (strict or not rows):
            raise ValueError(
                f"{len(misnamed)} audio files below {str(root)!r} are not named as those of "
                f"{self.title} ({self.example}): {', '.join(misnamed[:3])}. Is this another "
                "corpus? Pass strict=False to leave out single files."
            )
        if not rows:
            raise FileNotFoundError(
                f"No audio files below {str(root)!r}; expected {self.title} with files such as "
                f"{self.example}."
            )
        return rows, misnamed

    def _describe(self, match, relative):
        found = match.groupdict()
        if found["label"] not in self.labels:
            raise ValueError(
                f"{relative}: the label code {found['label']!r} is not one of {self.title} "
                f"({self.labels})."
            )
        speaker = self.speakers.get(found["speaker"], found["speaker"])
        return {
            "label": self.labels[found["label"]],
            "speaker": f"{self.name}/{speaker}",
            "gender": None if self.gender is None else self.gender(speaker),
            "sentence": found.get("sentence"),
        }
