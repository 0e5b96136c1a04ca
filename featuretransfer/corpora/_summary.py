"""What a corpus is made of, in words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CorpusSummary:
    """What `Corpus.summary` found; its text form is for people.

    Parameters
    ----------
    name, language : str
        Which corpus.
    n_rows : int
        Number of files or segments.
    n_per_class : dict of str to int
        Rows of each class.
    n_speakers : int
        Number of speakers.
    n_per_gender : dict of str to int
        Speakers of each gender, as far as known.
    hours : float or None
        Duration of all rows; None if audio was not opened.
    set_aside : dict of str to int
        Labels that the scheme does not map, with their number of rows.
    single_label_speakers : list of str
        Speakers with one class only: scaling by speaker removes their emotion.
    identical : list of list of str, or None
        Groups of files with the same content; None if audio was not opened.
    ratings : (float, float) or None, default=None
        Lowest and highest, where the labels are ratings and not classes.
    """

    name: str
    language: str
    n_rows: int
    n_per_class: dict
    n_speakers: int
    n_per_gender: dict
    hours: float | None
    set_aside: dict
    single_label_speakers: list
    identical: list | None
    ratings: tuple | None = None

    def __str__(self):
        lines = [f"{self.name} ({self.language})" if self.language else self.name]
        duration = "" if self.hours is None else f", {self.hours:.2f} h"
        lines.append(f"  rows      {self.n_rows}{duration}")
        if self.ratings is None:
            lines.append(f"  classes   {_counts(self.n_per_class)}")
        else:
            lines.append("  ratings   {:.3g} to {:.3g}".format(*self.ratings))
        genders = f" ({_counts(self.n_per_gender)})" if self.n_per_gender else ""
        lines.append(f"  speakers  {self.n_speakers}{genders}")
        if self.set_aside:
            lines.append(f"  set aside {_counts(self.set_aside)}")
        if self.single_label_speakers:
            lines.append(
                f"  caution: {len(self.single_label_speakers)} of {self.n_speakers} speakers have "
                "one class only; scaling by speaker would remove their emotion"
            )
        if self.identical:
            pairs = "; ".join(" = ".join(group) for group in self.identical[:3])
            lines.append(f"  caution: {len(self.identical)} groups of identical files: {pairs}")
        return "\n".join(lines)

    __repr__ = __str__


def _counts(counts):
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
