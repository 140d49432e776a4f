"""Publishers: whose a provider is, by domain and by name; whose word counts; and every mistake of a list with its line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ranker.articles.article import Article, Provider
from ranker.errors import InputError
from ranker.settings import PublisherSettings, Settings
from ranker.stories import publishers as publishers_module
from ranker.stories.publishers import Outlet, Publishers, folded_domain, folded_name, load_publishers

HEAD = "name,domains,group,country,role"
LIST = f"""{HEAD}
The Daily|Daily News,daily.example|daily.test,Big Media,GB,publisher
Daily Sport,sport.daily.example,Sport House,IE,
Wire One,wireone.example,Wire One,FR,wire
Everything,everything.example,Portal,US,aggregator
Word Out,wordout.example,Portal,US,press-release
Evening Echo,,Big Media,GB,publisher
Lonely,lonely.example|lonely.test,,,
Hermit,,,,
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(LIST, "utf-8")
    return path


def load(*files: Path, known: bool = False, mine: Sequence[str] = (), others: Sequence[str] = ()) -> Publishers:
    """Outlets of some files, with groups "Mine" and "Others" of the settings over them."""
    named = {"Mine": list(mine), "Others": list(others)}
    return load_publishers(PublisherSettings(known=known, files=[str(path) for path in files], groups=named))


@pytest.fixture
def listed(file: Path) -> Publishers:
    return load(file)


def groups(publishers: Publishers, *providers: Provider) -> list[str]:
    return [publishers.outlet(provider).group for provider in providers]


# By domain


@pytest.mark.parametrize(
    ("domain", "group"),
    [
        ("daily.example", "Big Media"),
        ("daily.test", "Big Media"),
        ("DAILY.example", "Big Media"),
        (" www.daily.example ", "Big Media"),
        ("news.daily.example", "Big Media"),
        ("old.news.daily.example", "Big Media"),
        ("sport.daily.example", "Sport House"),
        ("live.sport.daily.example", "Sport House"),
        ("everything.example", "Portal"),
    ],
)
def test_a_provider_belongs_to_the_owner_of_its_domain_or_of_the_nearest_one_above_it(domain: str, group: str, listed: Publishers) -> None:
    assert listed.outlet(Provider("Whatever", domain)).group == group


@pytest.mark.parametrize("domain", ["mydaily.example", "daily.example.evil.org", "example", "aily.example", "daily.exampl"])
def test_a_domain_that_only_looks_alike_is_its_own_group(domain: str, listed: Publishers) -> None:
    assert listed.outlet(Provider("Whatever", domain)) == Outlet(domain)


# By name


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("The Daily", "Big Media"),
        ("daily", "Big Media"),
        ("DAILY  \u00a0news", "Big Media"),
        ("the daily news", "Big Media"),
        ("Evening Echo", "Big Media"),
        ("The Evening Echo", "Big Media"),
        ("The  Daily Sport", "Sport House"),
        ("Dailyness", "dailyness"),
        ("Echo", "echo"),
    ],
)
def test_a_provider_without_a_domain_belongs_to_the_owner_of_its_name(name: str, group: str, listed: Publishers) -> None:
    assert listed.outlet(Provider(name)).group == group


def test_a_listed_name_says_nothing_of_a_provider_with_another_domain(listed: Publishers) -> None:
    assert listed.outlet(Provider("The Daily", "daily.elsewhere")) == Outlet("daily.elsewhere")


def test_a_name_that_is_listed_without_a_domain_counts_whatever_the_domain(listed: Publishers) -> None:
    assert groups(listed, Provider("Evening Echo", "echo.example"), Provider("evening echo")) == ["Big Media"] * 2


def test_a_domain_counts_more_than_a_name(listed: Publishers) -> None:
    assert groups(listed, Provider("Evening Echo", "wireone.example"), Provider("The Daily", "wireone.example")) == ["Wire One"] * 2


# Nobody's


def test_a_provider_that_nobody_lists_is_a_group_of_its_own(listed: Publishers) -> None:
    assert listed.outlet(Provider("Some Body", "SomeBody.example")) == Outlet("somebody.example", "", "publisher")
    assert listed.outlet(Provider("Some Body")) == Outlet("some body")
    assert listed.outlet(Provider()) == Outlet("")


def test_without_any_list_every_provider_is_a_group_of_its_own() -> None:
    nothing = load()
    assert groups(nothing, Provider("CNN", "cnn.com"), Provider("CNN"), Provider("BBC", "bbc.co.uk")) == ["cnn.com", "cnn", "bbc.co.uk"]


def test_an_outlet_without_a_group_is_one_by_its_first_domain_else_its_first_name(listed: Publishers) -> None:
    providers = [Provider("", "lonely.example"), Provider("", "x.lonely.test"), Provider("Lonely"), Provider("The Hermit")]
    assert groups(listed, *providers) == ["lonely.example", "lonely.example", "lonely.example", "Hermit"]


def test_an_article_belongs_to_its_providers_group(listed: Publishers) -> None:
    assert listed.group_of(Article("a", "Storm", provider=Provider("", "daily.example"))) == "Big Media"
    assert listed.group_of(Article("a", "Storm")) == ""


# Roles and countries


@pytest.mark.parametrize(
    ("domain", "outlet", "writes_own"),
    [
        ("daily.example", Outlet("Big Media", "GB", "publisher"), True),
        ("sport.daily.example", Outlet("Sport House", "IE", "publisher"), True),
        ("wireone.example", Outlet("Wire One", "FR", "wire"), True),
        ("everything.example", Outlet("Portal", "US", "aggregator"), False),
        ("wordout.example", Outlet("Portal", "US", "press-release"), False),
        ("nobody.example", Outlet("nobody.example", "", "publisher"), True),
    ],
)
def test_an_outlet_has_a_country_and_a_role(domain: str, outlet: Outlet, writes_own: bool, listed: Publishers) -> None:
    found = listed.outlet(Provider("Whatever", domain))
    assert found == outlet
    assert found.writes_own is writes_own


# Whose word counts


@pytest.fixture
def shipped(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list that stands for the shipped one."""
    monkeypatch.setattr(publishers_module, "publishers_file", lambda: file)
    return file


def write(folder: Path, name: str, *rows: str) -> Path:
    path = folder / name
    path.write_text("\n".join([HEAD, *rows]), "utf-8")
    return path


@pytest.mark.usefixtures("shipped")
def test_the_shipped_list_can_be_left_out() -> None:
    daily = Provider("The Daily", "daily.example")
    assert load(known=True).outlet(daily).group == "Big Media"
    assert load(known=False).outlet(daily).group == "daily.example"


@pytest.mark.usefixtures("shipped")
def test_a_file_wins_over_the_shipped_list_and_the_last_file_over_the_others(tmp_path: Path) -> None:
    first = write(tmp_path, "1.csv", "The Daily,daily.example,First,DE,aggregator", "Wire One,wireone.example,First,,")
    second = write(tmp_path, "2.csv", "The Daily,daily.example,Second,,")
    publishers = load(first, second, known=True)
    domains = ["daily.example", "wireone.example", "everything.example", "daily.test"]
    assert groups(publishers, *(Provider("", domain) for domain in domains)) == ["Second", "First", "Portal", "Big Media"]
    assert load(second, first, known=True).outlet(Provider("", "daily.example")) == Outlet("First", "DE", "aggregator")


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("row", "provider"),
    [
        pytest.param("The Daily,,Mine,,", Provider("Daily", "daily.example"), id="a name over a domain"),
        pytest.param("The Daily,daily.example,Mine,,", Provider("Daily"), id="a name with its domain"),
        pytest.param("Another,daily.example,Mine,,", Provider("Daily News"), id="a domain over the name of its outlet"),
        pytest.param("Evening Echo,echo.example,Mine,,", Provider("Evening Echo"), id="a name with a domain over a name alone"),
        pytest.param("Daily,daily.example,Mine,,", Provider("", "sport.daily.example"), id="a domain over one below it"),
    ],
)
def test_what_a_file_says_in_any_way_wins_over_the_shipped_list(row: str, provider: Provider, tmp_path: Path) -> None:
    assert load(known=True).outlet(provider).group != "Mine"
    assert load(write(tmp_path, "mine.csv", row), known=True).outlet(provider).group == "Mine"


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (Provider("The Daily", "daily.example"), "Mine"),
        (Provider("The Daily", "DAILY.example"), "Mine"),
        (Provider("Sport", "sport.daily.example"), "Mine"),
        (Provider("evening echo", "echo.example"), "Mine"),
        (Provider("", "weekly.example"), "Others"),
        (Provider("weekly.example"), "Others"),
        (Provider("Someone", "someone.example"), "someone.example"),
        (Provider("Someone"), "someone"),
        (Provider(), ""),
    ],
)
def test_the_groups_of_the_settings_name_domains_and_names(provider: Provider, expected: str) -> None:
    publishers = load(mine=["www.Daily.example", "The Evening Echo"], others=["weekly.example"])
    assert publishers.outlet(provider).group == expected


@pytest.mark.parametrize(
    ("member", "provider"),
    [
        pytest.param("daily.example", Provider("", "daily.example"), id="domain"),
        pytest.param("daily.example", Provider("Daily News"), id="domain of a name"),
        pytest.param("daily.example", Provider("", "sport.daily.example"), id="domain above a listed one"),
        pytest.param("The Daily", Provider("Daily"), id="name"),
        pytest.param("the daily", Provider("The Daily", "daily.example"), id="name over its domain"),
        pytest.param("Evening Echo", Provider("Evening Echo"), id="name alone"),
        pytest.param("Wire One", Provider("Wire One", "other.example"), id="name with another domain"),
    ],
)
def test_the_groups_of_the_settings_win_over_all_lists(member: str, provider: Provider, file: Path) -> None:
    assert load(file).outlet(provider).group != "Mine"
    assert load(file, mine=[member]).outlet(provider).group == "Mine"


@pytest.mark.parametrize("member", ["everything.example", "Everything", "the EVERYTHING", "www.everything.example"])
def test_a_member_of_a_group_keeps_its_country_and_role(member: str, file: Path) -> None:
    provider = Provider("Everything", "everything.example")
    assert load(file, mine=[member]).outlet(provider) == Outlet("Mine", "US", "aggregator")


@pytest.mark.parametrize("name", ["St. Example Post", "Post.", ".Post"])
def test_a_member_whose_name_has_a_dot_keeps_its_country_and_role(name: str, tmp_path: Path) -> None:
    path = write(tmp_path, "list.csv", f"{name},post.example,Owner,CA,wire")
    publishers = load(path, mine=[name])
    assert publishers.outlet(Provider(name, "post.example")) == Outlet("Mine", "CA", "wire")


def test_a_member_that_nobody_lists_is_a_publisher_from_somewhere() -> None:
    assert load(mine=["new.example"]).outlet(Provider("", "new.example")) == Outlet("Mine", "", "publisher")


@pytest.mark.parametrize("member", ["", " ", "www.", "\t"])
def test_a_blank_member_is_nobody(member: str) -> None:
    publishers = load(mine=[member])
    assert groups(publishers, Provider("Someone"), Provider("", "someone.example"), Provider()) == ["someone", "someone.example", ""]


def test_a_name_in_a_group_is_no_top_level_domain() -> None:
    assert load(mine=["News"]).outlet(Provider("Punch", "punch.news")).group == "punch.news"


# Mistakes in a file


@pytest.mark.parametrize(
    ("rows", "line", "message"),
    [
        pytest.param(["A,a.example,G,GB,paper"], 2, "role 'paper'; allowed: publisher, wire, aggregator, press-release", id="role"),
        pytest.param(["A,a.example,G,GB,Wire"], 2, "role 'Wire'; allowed: ", id="role in capitals"),
        pytest.param(["A,a.example,G,GBR,"], 2, "country 'GBR'; wanted are two capital letters (ISO 3166), or nothing", id="long country"),
        pytest.param(["A,a.example,G,gb,"], 2, "country 'gb'; wanted are ", id="country in small letters"),
        pytest.param(["A,a.example,G,G1,"], 2, "country 'G1'; wanted are ", id="country with a digit"),
        pytest.param(["A,a.example,G,ÄÖ,"], 2, "country 'ÄÖ'; wanted are ", id="country beyond ASCII"),
        pytest.param([",,G,GB,"], 2, "has neither a name nor a domain", id="nothing"),
        pytest.param(["A,a.example,G,GB,", " | ,|,G,GB,"], 3, "has neither a name nor a domain", id="separators only"),
        pytest.param(["A,localhost,G,GB,"], 2, "'localhost' is no domain", id="no dot"),
        pytest.param(["A,a.example|com,G,GB,"], 2, "'com' is no domain", id="a second one without a dot"),
        pytest.param(["A,The A.,G,GB,"], 2, "'the a.' is no domain", id="blank in a domain"),
        pytest.param(["A, Inc,a.example,G,GB,"], 2, "has more values than the file has columns", id="comma"),
        pytest.param(
            ["A,a.example,G,GB,", "", "B,A.example,H,GB,"],
            4,
            "'a.example' stands in the file before, for another outlet",
            id="domain twice",
        ),
        pytest.param(
            ["A,a.example,G,GB,", "The a,b.example,H,GB,"], 3, "'a' stands in the file before, for another outlet", id="name twice"
        ),
        pytest.param(["A,,G,GB,", "A,,G,IE,"], 3, "'a' stands in the file before, for another outlet", id="two countries"),
        pytest.param(["A,,G,GB,", "A,,G,GB,wire"], 3, "'a' stands in the file before, for another outlet", id="two roles"),
        pytest.param(['"A"x,a.example,G,GB,'], 2, "is not CSV (", id="text behind a quotation"),
        pytest.param(["A,a.example,G,GB,", '"B,b.example'], 3, "is not CSV (", id="open quotation"),
    ],
)
def test_a_mistake_is_named_with_file_and_line(rows: list[str], line: int, message: str, tmp_path: Path) -> None:
    path = write(tmp_path, "bad.csv", *rows)
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}:{line}: {message}")


@pytest.mark.parametrize("missing", HEAD.split(","))
def test_a_missing_column_is_named(missing: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(",".join(name for name in HEAD.split(",") if name != missing))
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value) == f"{path}:1: has no column {missing}; wanted are name, domains, group, country, role"


def test_an_empty_file_has_no_columns(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("")
    with pytest.raises(InputError, match=r"bad\.csv:1: has no column name; "):
        load(tmp_path / "bad.csv")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: cannot be read (No such file or directory)"


def test_a_file_must_be_utf8(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(f"{HEAD}\nZ".encode() + b"\xfcrich,z.example,G,CH,\n")
    with pytest.raises(InputError) as caught:
        load(path)
    assert str(caught.value) == f"{path}: is not UTF-8 (byte {len(HEAD) + 2})"


# What a file may look like


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\ufeff" + LIST, id="byte order mark"),
        pytest.param(LIST.replace("\n", "\r\n"), id="Windows"),
        pytest.param(LIST.replace("\n", "\n\n"), id="blank lines"),
        pytest.param(LIST.replace(",", " , ").replace("name , domains , group , country , role", HEAD), id="blanks"),
        pytest.param(LIST.replace("|", " | "), id="blanks between spellings"),
        pytest.param("\n".join(f"{line},note" for line in LIST.splitlines()), id="another column"),
        pytest.param("\n".join(",".join(reversed(line.split(","))) for line in LIST.splitlines()), id="columns in another order"),
    ],
)
def test_a_list_may_be_written_in_many_ways(text: str, tmp_path: Path, listed: Publishers) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(text.encode())
    assert load(path).lists == listed.lists


def test_a_row_may_be_short(tmp_path: Path) -> None:
    assert load(write(tmp_path, "short.csv", "A,a.example")).outlet(Provider("A")) == Outlet("a.example")


def test_one_outlet_may_stand_on_two_lines(tmp_path: Path) -> None:
    publishers = load(write(tmp_path, "list.csv", "A,a.example,G,GB,", "A|AA,b.example,G,GB,publisher"))
    assert groups(publishers, Provider("AA"), Provider("A"), Provider("", "a.example"), Provider("", "b.example")) == ["G"] * 4


def test_a_list_may_hold_nothing(tmp_path: Path) -> None:
    assert load(write(tmp_path, "empty.csv")).outlet(Provider("A")) == Outlet("a")


# Laws

DOMAINS = st.lists(st.sampled_from(["a", "b", "www", "daily", "example", "news"]), min_size=1, max_size=4).map(".".join)
NAMES = st.text("the Daily \u00a0.", max_size=12)


@given(DOMAINS | st.just(""), NAMES)
def test_a_second_look_says_the_same(domain: str, name: str) -> None:
    publishers = load(mine=["daily.example", "The Daily"])
    provider = Provider(name, domain)
    assert publishers.outlet(provider) == publishers.outlet(provider) == load(mine=["The Daily", "daily.example"]).outlet(provider)


@given(DOMAINS, st.lists(DOMAINS, min_size=1, max_size=4))
def test_a_domain_is_in_a_group_if_it_or_one_above_it_is_a_member(domain: str, members: list[str]) -> None:
    known = {folded_domain(member) for member in members if "." in member} - {""}
    folded = folded_domain(domain)
    is_member = any(folded == member or folded.endswith(f".{member}") for member in known)
    assert (load(mine=members).outlet(Provider("Somebody", domain)).group == "Mine") == is_member


@given(NAMES)
def test_folding_a_name_ignores_case_blanks_and_a_leading_article(name: str) -> None:
    assert folded_name(name) == folded_name(name.upper()) == folded_name(f" {name}\t")
    if name.casefold().split()[:1] != ["the"]:
        assert folded_name(f"The {name}") == (folded_name(name) or "the")


# The shipped list


@pytest.fixture(scope="module")
def known(default_settings: Settings) -> Publishers:
    return load_publishers(default_settings.publishers)


def test_the_shipped_list_knows_hundreds_of_outlets(known: Publishers) -> None:
    outlets = {id(outlet): outlet for listing in known.lists for names in (listing.by_domain, listing.by_name) for outlet in names.values()}
    assert sum(bool(outlet.group and outlet.country) for outlet in outlets.values()) >= 300
    assert {outlet.role for outlet in outlets.values()} == {"publisher", "wire", "aggregator", "press-release"}


@pytest.mark.parametrize(
    "domains",
    [
        pytest.param(["cnbc.com", "msnbc.com"], id="Versant"),
        pytest.param(["nbcnews.com", "telemundo.com"], id="Comcast"),
        pytest.param(["wsj.com", "nypost.com", "thetimes.com"], id="News Corp"),
        pytest.param(["theguardian.com"], id="Guardian"),
        pytest.param(["cbsnews.com", "cbssports.com"], id="Paramount"),
        pytest.param(["wired.com", "vogue.com", "newyorker.com"], id="Condé Nast"),
        pytest.param(["bbc.co.uk", "bbc.com"], id="BBC"),
        pytest.param(["abcnews.go.com", "espn.com"], id="Disney"),
        pytest.param(["yahoo.com", "finance.yahoo.com"], id="Yahoo"),
    ],
)
def test_outlets_of_one_owner_are_one_group(domains: list[str], known: Publishers) -> None:
    assert len(set(groups(known, *(Provider("", domain) for domain in domains)))) == 1
    assert known.outlet(Provider("", domains[0])).country


def test_outlets_of_different_owners_are_different_groups(known: Publishers) -> None:
    domains = ["cnbc.com", "nbcnews.com", "cnn.com", "foxnews.com", "wsj.com", "cbsnews.com", "abcnews.go.com", "bbc.co.uk", "reuters.com",
               "apnews.com", "theguardian.com", "nytimes.com", "washingtonpost.com", "yahoo.com", "msn.com"]  # fmt: skip
    assert len(set(groups(known, *(Provider("", domain) for domain in domains)))) == len(domains)


@pytest.mark.parametrize(
    ("domain", "country", "role"),
    [
        ("reuters.com", "GB", "wire"),
        ("apnews.com", "US", "wire"),
        ("afp.com", "FR", "wire"),
        ("yahoo.com", "US", "aggregator"),
        ("msn.com", "US", "aggregator"),
        ("prnewswire.com", "US", "press-release"),
        ("businesswire.com", "US", "press-release"),
        ("cnn.com", "US", "publisher"),
        ("nytimes.com", "US", "publisher"),
        ("bbc.co.uk", "GB", "publisher"),
    ],
)
def test_well_known_outlets_have_their_country_and_role(domain: str, country: str, role: str, known: Publishers) -> None:
    outlet = known.outlet(Provider("", domain))
    assert (outlet.country, outlet.role) == (country, role)


@pytest.mark.parametrize(
    ("name", "domain"),
    [("CNN", "cnn.com"), ("Reuters", "reuters.com"), ("The Guardian", "theguardian.com"), ("Associated Press", "apnews.com")],
)
def test_well_known_outlets_go_by_their_names(name: str, domain: str, known: Publishers) -> None:
    assert known.outlet(Provider(name)) == known.outlet(Provider("", domain))
