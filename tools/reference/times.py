"""Texts of times (section 9.0): to a day, a second of the day and an offset, and to their parts."""

import datetime
import re
from dataclasses import dataclass

import layout as L

EPOCH = datetime.date(1970, 1, 1).toordinal()
MONTHS = ["january", "february", "march", "april", "may", "june", "july", "august", "september",
          "october", "november", "december"]
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def names(words, *more):
    return "|".join([*words, *(word[:3] for word in words), *more])


CLOCK = (r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
         r"(?:[ \t]*(?P<half>am|pm))?")
ZONE = r"(?:[ \t]*(?:z|utc|gmt|(?P<side>[+-])(?P<ahead>\d\d)(?::?(?P<minutes>\d\d))?))?"
TIME = rf"(?:(?:t|,?[ \t]+){CLOCK}{ZONE})?"
DAY, MONTH, YEAR = r"(?P<day>\d\d?)", r"(?P<month>\d\d?)", r"(?P<year>\d\d|\d{4})"
NAME = rf"(?P<name>{names(MONTHS, 'sept')})"
WEEKDAY = rf"(?:(?:{names(WEEKDAYS)})(?:,[ \t]*|[ \t]+))?"
ALONE = r"(?:\.0+)?"

FORMS = {
    L.YEAR_MONTH_DAY: [rf"(?P<year>\d{{4}})(?P<mark>[-./]){MONTH}(?P=mark){DAY}{TIME}"],
    L.DAY_MONTH_YEAR: [
        rf"{WEEKDAY}{DAY}(?P<mark>[-./]){MONTH}(?P=mark){YEAR}{TIME}",
        rf"{WEEKDAY}{DAY}(?P<mark>[-./]?){NAME}(?P=mark){YEAR}{TIME}",
        rf"{WEEKDAY}{DAY}[ \t]+{NAME}[ \t]+{YEAR}{TIME}"],
    L.MONTH_DAY_YEAR: [
        rf"{WEEKDAY}{MONTH}(?P<mark>[-./]){DAY}(?P=mark){YEAR}{TIME}",
        rf"{WEEKDAY}{NAME}(?P<mark>[-./]){DAY}(?P=mark){YEAR}{TIME}",
        rf"{WEEKDAY}{NAME}[ \t]+{DAY}(?:,[ \t]*|[ \t]+){YEAR}{TIME}"],
    L.TIME_OF_DAY: [CLOCK + ZONE],
    L.COMPACT: [
        rf"(?P<year>\d{{4}})(?P<month>\d\d)(?P<day>\d\d){ALONE}",
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)t?(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
        rf"(?:\.0+|{ZONE})"],
}
FORMS = {form: [re.compile(p, re.IGNORECASE | re.ASCII) for p in ps] for form, ps in FORMS.items()}
EPOCH_NUMBER = re.compile(r"([+-]?)(\d{1,15})(?:\.(\d*))?", re.ASCII)


@dataclass
class Time:
    day: int  # since 1970-01-01
    second: float
    offset: int  # minutes ahead of UTC


def read_time(text, form):
    """A time, or None. `text` has no blanks at its ends."""
    if form in (L.EPOCH_SECONDS, L.EPOCH_MILLISECONDS):
        return read_epoch(text, 1 if form == L.EPOCH_SECONDS else 1000)
    for pattern in FORMS[form]:
        match = pattern.fullmatch(text)
        if match:
            return of_fields(match.groupdict())
    return None


def read_epoch(text, units):
    match = EPOCH_NUMBER.fullmatch(text)
    if not match:
        return None
    sign, whole, fraction = match.groups()
    digits = 9 if units == 1 else 6
    total = int(whole) * 10**digits + int((fraction or "").ljust(digits, "0")[:digits])
    total = -total if sign == "-" else total
    whole, fraction = divmod(total, 10**digits)
    day, rest = divmod(whole, 86400 * units)
    if not 1 - EPOCH <= day <= datetime.date.max.toordinal() - EPOCH:
        return None
    return Time(day, (rest + fraction / 10**digits) / units, 0)


def of_fields(fields):
    """A time of the texts of its parts, or None if clock or calendar do not have it."""
    day = 0
    if fields.get("year"):
        year, month = int(fields["year"]), fields.get("name")
        if len(fields["year"]) == 2:
            year += 1900 if year >= 69 else 2000
        month = [m[:3] for m in MONTHS].index(month[:3].lower()) + 1 if month else int(fields["month"])
        try:
            day = datetime.date(year, month, int(fields["day"])).toordinal() - EPOCH
        except ValueError:
            return None
    hour, minute, second = (int(fields.get(name) or 0) for name in ("hour", "minute", "second"))
    if hour > 23 or minute > 59 or second > 59:
        return None
    half = (fields.get("half") or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    ahead, minutes = int(fields.get("ahead") or 0), int(fields.get("minutes") or 0)
    if ahead > 23 or minutes > 59:
        return None
    offset = 60 * ahead + minutes
    nanoseconds = int((fields.get("fraction") or "").ljust(9, "0")[:9])
    seconds = float(3600 * hour + 60 * minute + second) + nanoseconds / 1e9
    return Time(day, seconds, -offset if fields.get("side") == "-" else offset)


def part_of(time, part):
    """9.0: a part as a binary64 number."""
    date = datetime.date.fromordinal(time.day + EPOCH)
    if part == L.DAYS:
        return (float(86400 * time.day - 60 * time.offset) + time.second) / 86400.0
    if part == L.HOUR:
        return time.second / 3600.0
    if part == L.WEEKDAY:
        return float(date.isoweekday())
    if part == L.MONTH:
        return float(date.month)
    return float(date.timetuple().tm_yday)
