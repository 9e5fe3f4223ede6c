"""Vectors with an input section: origins, exponents, texts of numbers, times (6.6, 9.0, 9.5)."""

import layout as L
from input import Input, Number
from random_model import Maker
from vectors import Vector
from writer import Column, raw


def span(name, low, high, **more):
    """A numeric column over low...high."""
    middle = (low + high) / 2
    return Column(name, edges=[low, middle, high], fill=middle, center=middle,
                  scale=2.0 / (high - low), **more)


def model(seed, columns, said, targets=("y",), head=None, **more):
    """Two experts over the columns: one looks up, one is dense."""
    m = Maker(seed)
    outputs = len(head) if head else len(targets)
    experts = [m.expert(columns, [3], outputs, look_up=True), m.expert(columns, [2], outputs)]
    definition = m.flat(columns, experts, outputs, targets=list(targets), input=said, **more)
    if head:
        definition.head = head
    return definition


def table(header, *lines):
    return "\n".join([header, *lines]) + "\n"


def origins():
    """Epoch seconds, metres of a map, 19 digits, integers around 2e7; targets as far away."""
    columns = [span("epoch", -512.0, 512.0), span("northing", -64.0, 64.0, missing=2),
               span("serial", -2048.0, 2048.0), span("count", -8.0, 8.0), Column("note", L.IGNORED)]
    said = Input([Number(1700000000.0), Number(5333777.25), Number(1234567890123456789.0),
                  Number(20000000.5), Number()], [Number(1.7e9), Number(-1e12), Number()])
    rows = table("epoch,northing,serial,count,note",
                 "1700000000,5333777.125,1234567890123456789,20000001,a",
                 "1700000000.25,5333777.375,1234567890123455744,20000002,",
                 "1699999871,,1234567890123457000,19999993.1,x",
                 "1.7e9,5333779,1234567890123456790,2e7,NA",
                 "1699999999.999,NA,1.2345678901234568e18,+20000003.0000001,-",
                 "-3,5333700.00001,1234567890123460000,20000000.5,0")
    head = [(256.0, 3.0, -512.0, 512.0), (0.5, 0.0, -100.0, 100.0), (1.0, 0.0, -10.0, 10.0)]
    return Vector("input-origins", "columns and targets far from zero keep their digits",
                  model(201, columns, said, ("u", "v", "w"), head), [], table=rows)


def exponents():
    """Numbers that binary32 does not reach: 1e-300, 1e-45, 1e300, and subnormals of binary64."""
    columns = [span("tiny", -4.0, 4.0), span("small", -4.0, 4.0), span("huge", -4.0, 4.0),
               span("least", -0.0001220703125, 0.0001220703125), span("both", -4.0, 4.0)]
    said = Input([Number(0.0, -997), Number(0.0, -150), Number(0.0, 996), Number(0.0, -1022),
                  Number(1e250, 780)],
                 [Number(0.0, -1022), Number(1e308, 1000), Number(1e-40, -180)])
    rows = table("tiny,small,huge,least,both",
                 "1e-300,1e-45,1e300,5e-324,1e250", "-2.5e-300,-2.1e-45,-9e299,1e-320,1.0000000000000002e250",
                 "0,0,0,0,-1e235", "-0,-0,-0,-0,1.0000000000000001e250", "1e-310,1e-50,1.5e300,2.2e-308,0")
    head = [(1.0, 0.0, -4.0, 4.0), (1.0, 0.0, -4.0, 4.0), (1.0, 0.0, -4.0, 4.0)]
    return Vector("input-exponents", "numbers that are too small or too large for binary32",
                  model(202, columns, said, ("u", "v", "w"), head), [], table=rows)


def number_texts():
    """Decimal marks, groups of digits, units, and what is no number."""
    kinds = [("plain", {}), ("comma", {"decimal": 1}), ("english", {"grouping": 1}),
             ("german", {"decimal": 1, "grouping": 2}), ("french", {"decimal": 1, "grouping": 3}),
             ("swiss", {"grouping": 4}), ("code", {"grouping": 5}), ("kg", {"unit": b"kg"}),
             ("euro", {"decimal": 1, "grouping": 2, "unit": "€".encode()}),
             ("share", {"unit": b"%"}), ("far", {"origin": 1e6, "grouping": 1}),
             ("dollar", {"grouping": 1, "unit": b"$"})]
    columns = [span(name, -1e6, 1e6, missing=1) for name, _ in kinds]
    said = Input([Number(**more) for _, more in kinds], [Number(decimal=1, unit=b"%")],
                 number_tokens=[b"-", b"-999", b"n/v"])
    rows = table(",".join(name for name, _ in kinds),
                 '1.5,"1,5","1,234.5","1.234,5","1 234,5",1\'234.5,1_234.5,24 kg,"1.234,5 €",7%,"1,000,001","$1,234.5"',
                 '-1e3,"-1,25e2","-12,345,678","-1.234.567","-1\u00a0234\u202f567,25",1\u2019234\u2019567,'
                 '-123_456,24kg,"€ 12","% 3.5","999,999.9999","-$1,000"',
                 'NA,,n/v,-,-999,-999.0,None,-999 kg,"-999,00 €",-9.99e2%,-999,$-999',
                 ' 12\t,",5",1234567.,"5,",007,.5,1e5,+3kg,"+€ 3,25",-0 %,1000000.5,"-$ 1"')
    texts = [(0, "1,5"), (0, "1 000"), (0, "0x10"), (0, "inf"), (0, "nan"), (0, "NaN"), (0, "1e"),
             (0, "."), (0, "+"), (0, "--1"), (0, "1.5.2"), (0, "\u0661"), (0, "1_000"), (0, "16777217"),
             (0, "16777217.0000000000000001"), (0, "3.5e38"), (0, "-1e400"), (0, "1e-46"), (0, "1e-400"),
             (0, "340282356779733661637539395458142568447"),
             (0, "340282356779733661637539395458142568448"), (0, "  na "), (0, "N/V"), (0, "-999.00"),
             (0, "-9.99E+2"), (0, "999"), (1, "1.5"), (1, "1,5,2"), (1, "-999,0"), (2, "1,23"), (2, "1234,567"),
             (2, "1,2345"), (2, ",123"), (2, "1,,234"), (2, "1,234.567,8"), (2, "12,345e2"), (2, "0,001"),
             (2, "-999"), (2, "1.234"), (3, "1.234"), (3, "1,234"), (3, "1.23"), (3, "1.234.56"),
             (4, "1 234 567"), (4, "1  234"), (4, "1 234 56"), (4, "1\u2009234"), (5, "1'234"), (5, "1'23"),
             (6, "1_234_567"), (6, "_123"), (7, "kg"), (7, "kg24kg"), (7, "24 kgs"), (7, "24 KG"),
             (7, "kg 24"), (7, "24\u00a0kg"), (7, "- kg 5"), (7, "-kg 5"), (7, "24"), (8, "12,5€"),
             (8, "€12.5"), (9, "%%5"), (9, "5 % %"), (10, "1,000,000"), (10, "1e400"), (11, "$"),
             (11, "-$1"), (11, "$ -1"), (11, "1,000 $")]
    return Vector("input-numbers", "decimal marks, groups of digits, units and markers of missing numbers",
                  model(203, columns, said), [], table=rows, texts=texts)


def tokens():
    """Markers that are listed are missing, and no others: here `NA` is a category."""
    columns = [span("x", -4.0, 4.0, missing=2),
               Column("c", L.CATEGORICAL, 2, 1, categories=["1", "NA", "TRUE", "a b", "é"],
                      codes=[[v] for v in (0.5, -0.5, 0.25, 1.0, -1.0, 0.75, -0.25)])]
    said = Input([Number(), Number()], [Number()], tokens=[b"?", b"missing value", b"99"],
                 number_tokens=[b"na", b"-1"])
    rows = table("x,c", "1,NA", "?,?", "na,na", "-1,-1", "-1.0,1.0", "99.0,99", " Missing Value ,MISSING VALUE",
                 "2,true", "3,True", "0.5, a b ", "0.25,é", "1.5,01", "1.5,", "99,99.0", "1.25,A B")
    texts = [(0, "NaN"), (0, "None"), (0, "N/A"), (0, "null"), (0, "-01"), (0, "??"), (0, "? "), (1, "nA"),
             (1, "False"), (1, "1e0"), (1, "2"), (1, "9.9e1"), (1, "TRUE")]
    return Vector("input-tokens", "the markers of missing values are those that are listed",
                  model(204, columns, said), [], table=rows, texts=texts)


def times():
    """A source of each form, and every part."""
    forms = [("iso", L.YEAR_MONTH_DAY), ("dmy", L.DAY_MONTH_YEAR), ("mdy", L.MONTH_DAY_YEAR),
             ("clock", L.TIME_OF_DAY), ("seconds", L.EPOCH_SECONDS), ("ms", L.EPOCH_MILLISECONDS),
             ("compact", L.COMPACT)]
    days = [span(f"{name}.days", -400.0, 400.0, missing=2) for name, _ in forms]
    parts = [("hour", L.HOUR, 24.0), ("weekday", L.WEEKDAY, 8.0), ("month", L.MONTH, 13.0),
             ("dayOfYear", L.DAY_OF_YEAR, 367.0)]
    of_iso = [span(f"iso.{name}", 0.0, most, missing=2) for name, _, most in parts]
    columns = days + of_iso
    numbers = [Number(0.0 if form == L.TIME_OF_DAY else 19753.5, 0, i + 1, L.DAYS)
               for i, (_, form) in enumerate(forms)]
    numbers += [Number(0.0, 0, 1, part) for _, part, _ in parts]
    said = Input(numbers, [Number(1e5)], [(name.encode(), form) for name, form in forms],
                 number_tokens=[b"NaT", b"-1"])
    rows = table(
        ",".join(name for name, _ in forms),
        "2024-01-31,31.01.2024,1/31/2024,17:04,1706720645,1706720645000,20240131",
        '2024-02-29T23:59:59.999999999Z,29 Feb 2024,"Feb 29, 2024",11:59:59 PM,1709251199.999999999,'
        "1709251199999.999999,20240229235959",
        "2024-12-31 12:30 +05:30,\"Tue, 31 Dec 2024 12:30:00 GMT\",12/31/24 12:30 PM,12:00 am,-1,NaT,"
        "20241231T123000+0530",
        "1969-12-31t00:00,31-dec-69,12-31-69,0:00:00,-86400.5,-0.25,19691231.0",
        "NaT,,NA,null,nat,-1.0,-1",
        "2000/3/1 9:05 am utc,1.3.00 09:05,Mar-1-2000,9:05 AM,951901500,951901500000.,20000301090500.00",
        "0001-01-01,01MAR0001,\"Monday, January 1, 0001\",23:59:59,-62135596800,-62135596800000,00010101",
        "9999-12-31 23:59:59-23:59,31/12/9999,12.31.9999,12:00 PM -01,253402300799.9,"
        "253402300799999.9,99991231T235959Z")
    return Vector("input-times", "a source of each form of time, and every part",
                  model(205, columns, said), [], table=rows, texts=time_texts())


def time_texts():
    """Texts that are times, and texts that nearly are; by the column of the source's days."""
    iso, dmy, mdy, clock, seconds, ms, compact, hour, weekday, month, day = range(11)
    good = {
        iso: ["2024-1-1", "2024.01.31", "2024-01-31 5:04:05,25 pm", "2024-01-31, 00:00", "2024-01-31T17:04:05+01",
              "2024-01-31 17:04 Z", "1900-03-01", "2000-02-29", "2024-01-31\t \t07:00"],
        dmy: ["1/2/03", "1/2/68", "1/2/69", "1/2/2003 04:05", "31JAN24", "31 January 2024", "31.sept.2024",
              "30.Sept.2024", "Fri 5/1/2024", "friday,5 Jan 2024", "5-JAN-2024T06:07", "31/01/2024, 5:04 PM"],
        mdy: ["1/2/03", "Sept 30 2024", "jan-31-24", "Jan 31,2024", "Wed, Jan 31, 2024 10:00:00 UTC", "May 1, 2024",
              "1.31.2024 10:00 pm"],
        clock: ["0:00", "23:59:59.9999999999", "12:00am", "12:59 PM", "1:00 PM +01:00", "09:05:06,5"],
        seconds: ["0", "-0", "+5", "1706720645.", "000001706720645", "-0.5", "1.0000000001",
                  "-62135596800", "253402300799"],
        ms: ["0", "-1", "1500.5", "86399999.9999999", "253402300799999"],
        compact: ["20240131", "20240131.000", "20240131170405", "20240131T170405Z", "20240131t170405-0130",
                  "20240131170405 UTC"],
        hour: ["2024-01-31 17:04:05.5+05:00"], weekday: ["2024-01-31", "1970-01-01", "1969-12-29", "0001-01-01"],
        month: ["2024-12-31T23:59Z"], day: ["2024-12-31", "2023-12-31", "2024-03-01", "1900-12-31"],
    }
    bad = {
        iso: ["2023-02-29", "1900-02-29", "2024-13-01", "2024-00-01", "2024-01-00", "2024-04-31", "2024-01/31",
              "24-01-31", "0000-01-01", "10000-01-01", "2024-01-31T", "2024-01-31 24:00", "2024-01-31 17:60",
              "2024-01-31 17:04:60", "2024-01-31 17", "2024-01-31T 17:04", "2024-01-31 13:00 PM",
              "2024-01-31 0:10 AM", "2024-01-31 17:04+24", "2024-01-31 17:04+1", "2024-01-31 17:04+01:",
              "2024-01-31 17:04+01:60", "2024-01-31+01", "2024-01-31 17:04 CET", "2024-01-31x", "2024-1",
              "2024-001-31", "1706720645", "2024-01-31 17:04:05.", "2024-01-31,17:04", "Wed 2024-01-31"],
        dmy: ["31.01.024", "31.Janu.2024", "31 1 2024", "31 Jan2024", "31Jan 2024", "31-Jan 2024", "Foo 31 Jan 2024",
              "1/31/2024", "31/1", "Mon31 Jan 2024", "32 Jan 2024", "31 Jan 0000", "31, Jan 2024"],
        mdy: ["31/1/2024", "Jan312024", "Jan 31", "Feb 30, 2024", "Jan31 2024", "1 31 2024", "Jan, 31 2024"],
        clock: ["17", "17:4", "17:04:5", "24:00", "17:04:05.", "17:04 XM", "5 PM", "17:04:60"],
        seconds: ["-", ".5", "1e9", "1706720645x", "253402300800", "-62135596801", "-62135596800.5",
                  "0000001706720645", "1,706,720,645", "+-1"],
        ms: ["253402300800000", "1e3"],
        compact: ["2024131", "202401311", "2024013117", "2024013117040", "20240131T1704", "20240131.5", "20240131.",
                  "20240231", "20240131 170405", "2024-01-31", "20240131Z", "20240131170460"],
    }
    return [(column, text) for cases in (good, bad) for column, texts in cases.items() for text in texts]


def classes():
    """A classification has no numbers of its own to add to; its columns have."""
    columns = [span("x", -8.0, 8.0), span("days", -40.0, 40.0)]
    said = Input([Number(1e9, 4, grouping=L.GROUPED_BY_SPACE), Number(19753.0, -2, 1, L.DAYS)],
                 [Number()], [(b"date", L.DAY_MONTH_YEAR)])
    rows = table("date,x", "31.1.2024,1 000 000 000", "1.2.2024,1000000064", "30.1.2024,999 999 900",
                 "5 Feb 2024,1e9")
    head = [(1.0, 0.0, -10.0, 10.0)] * 3
    return Vector("input-classes", "task 2 with origins, an exponent and a source; a shared expert",
                  model(206, columns, said, ("kind",), head, task=L.MULTICLASS, classes=["a", "b", "c"],
                        shared=Maker(207).expert(columns, [2], 3)), [], table=rows)


def nothing_said():
    """A section that says no more than a file without one, beside an unknown kind before it."""
    columns = [span("x", -2.0, 2.0, missing=1)]
    said = Input([Number()], [Number()])
    unknown = raw(8, 0, 0, b"behind the experts")
    return Vector("input-plain", "an input section that changes nothing, behind one of unknown kind",
                  model(208, columns, said, ancillary=[unknown]), [], table=table("x", "1", "0.1", "NA", "None", "-0.0"),
                  texts=[(0, text) for text in ("n/a", "NaN", "NULL", "none", "?", "nil", " 1 ")])


def limits():
    """Origins and exponents at their ends; answers that are just finite; a difference that is not."""
    most = 1.7976931348623157e308
    columns = [span("high", -4.0, 4.0), span("low", -4.0, 4.0), span("fine", -4.0, 4.0),
               span("coarse", -4.0, 4.0), span("least", -4.0, 4.0)]
    said = Input([Number(most, 1022), Number(-most, 970), Number(0.0, -1022), Number(0.0, 1022),
                  Number(5e-324, -1022)],
                 [Number(0.0, 1022), Number(most), Number(-5e-324, -1022)])
    head = [(8.0, 0.0, -(4.0 - 2.0**-22), 4.0 - 2.0**-22), (1.0, 0.0, -(2.0**127), 2.0**127),
            (2.0**-20, 0.0, -1.0, 1.0)]
    rows = table("high,low,fine,coarse,least", f"{most!r},-{most!r},1e-308,1e307,1e-323",
                 f"-1,1e300,0,0,0", f"{most!r},-{most!r},1e308,1e-308,1", f"1,1.7e308,0,0,0",
                 f"1e308,-1.79769313486231e308,-1e-307,-1e308,-1e-307")
    return Vector("input-limits", "origins and exponents at their limits", folder="boundary", rows=[],
                  definition=model(209, columns, said, ("u", "v", "w"), head), table=rows)


def vectors():
    return [origins(), exponents(), number_texts(), tokens(), times(), classes(), nothing_said()]
