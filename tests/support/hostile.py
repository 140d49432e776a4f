"""Hostile texts and addresses: whatever of them runs sets `window.ran` or opens a dialog, whatever becomes an element carries `hostile`."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from support.serving import NOW

from ranker.articles.article import Article, Origin, Provider
from ranker.articles.dates import iso_text

LONG_WORD = "Zuckerrübenernteverzögerung" * 40  # no place to break a line
LONG_TITLE = "Every word of this title is one too many. " * 238  # about 10,000 characters
MARKUP = {
    "script": "<script hostile>window.ran='script'</script>",
    "script, odd case and spaces": "<ScRiPt hostile\n>window.ran='case'</sCrIpT\t>",
    "script, opened twice": "<<script hostile>window.ran='twice'//<</script>",
    "script in a script": "<scr<script hostile>ipt hostile>window.ran='nested'</scr</script>ipt>",
    "end of a title": "</title><script hostile>window.ran='title'</script>",
    "end of a script": "</script><script hostile>window.ran='end'</script>",
    "end of a text field": "</textarea></select></option><img hostile src=x onerror=window.ran='field'>",
    "end of a style": "</style></noscript></template><svg hostile onload=window.ran='style'>",
    "image": "<img hostile src=x onerror=\"window.ran='img'\">",
    "image without spaces": "<img/hostile/src=x/onerror=window.ran=1>",
    "image without an end": "<img hostile src=x onerror=window.ran='open' ",
    "picture": "<picture hostile><source srcset=x><img hostile src=x onerror=alert(1)></picture>",
    "svg": "<svg hostile onload=window.ran='svg'><script hostile>window.ran='svg script'</script></svg>",
    "svg that animates": "<svg hostile><animate hostile onbegin=window.ran='animate' attributeName=x dur=1s></svg>",
    "svg link": "<svg hostile><a hostile xlink:href=\"javascript:window.ran='xlink'\"><text y=20>x</text></a></svg>",
    "end of a drawing": "</text></svg><img hostile src=x onerror=window.ran='drawing'><svg>",
    "math": "<math hostile><mtext><table><mglyph><style hostile><img hostile src=x onerror=window.ran='math'>",
    "details": "<details hostile open ontoggle=window.ran='toggle'><summary>x</summary></details>",
    "focus": "<input hostile autofocus onfocus=window.ran='focus'>",
    "body": "<body hostile onload=window.ran='body'>",
    "frame": "<iframe hostile srcdoc=\"<script>parent.ran='frame'</script>\"></iframe>",
    "object": "<object hostile data=\"data:text/html,<script>parent.ran='object'</script>\"></object>",
    "form": "<form hostile action=https://evil.example><button hostile>Sign in again</button></form>",
    "base": "<base hostile href=https://evil.example/>",
    "refresh": '<meta hostile http-equiv=refresh content="0;url=https://evil.example/">',
    "style sheet": "<style hostile>* { display: none }</style><link hostile rel=stylesheet href=https://evil.example/x.css>",
    "style": '<p hostile style="position:fixed;inset:0;background:url(https://evil.example/x)">',
    "double quotes": '" onmouseover="window.ran=\'double\'" hostile="',
    "single quotes": "' onmouseover='window.ran=1' hostile='",
    "backticks": "` onmouseover=`window.ran=1` hostile=`",
    "no quotes": "x onmouseover=window.ran=1 hostile",
    "end of an attribute": "\"><img hostile src=x onerror=window.ran='attribute'>",
    "end of a quoted attribute": "'/><svg/hostile/onload=window.ran=1>",
    "entities": "&lt;img hostile src=x onerror=window.ran=1&gt; &#60;script hostile&#62; &#x3c;b hostile&#x3e; &quot;hostile&quot;",
    "entities twice": "&amp;lt;script hostile&amp;gt;window.ran='twice'&amp;lt;/script&amp;gt;",
    "template of the server": "{{ 7 * 7 }}{% for x in y %}{{ request.app }}{# hostile #}",
    "template of a script": "${window.ran='literal'} `${window.ran='literal'}` <%= x %> {{constructor.constructor('window.ran=1')()}}",
    "end of JSON": "\"};window.ran='json';//\\u003c/script\\u003e</script><!--<script>",
    "comment": "<!-- not closed",
    "end of a comment": "--><img hostile src=x onerror=window.ran='comment'><!--",
    "comment of a browser": "<![CDATA[<img hostile src=x onerror=window.ran=1>]]><?xml hostile?><!--[if IE]><b hostile><![endif]-->",
    "UTF-7": "+ADw-script hostile+AD4-window.ran='utf7'+ADw-/script+AD4-",
    "broken UTF-8": "\u00c0\u00bcscript hostile\u00c0\u00be \ufffd\ufffe\uffff",
    "wide letters": "\uff1cscript hostile\uff1ewindow.ran=1\uff1c/script\uff1e",
    "right to left": "\u202eevil.example\u202c \u2066\u200f\u202bmoc.elpmaxe\u2069 invoice\u202efdp.exe",
    "right to left, not closed": "\u202e\u2067\u2068 reversed from here on",
    "control characters": "one\x01two\x08three\x0bfour\x1bfive\x7fsix\x85seven\u2028eight\u2029nine\ufeffend",
    "many marks": "z" + "\u0321\u0322\u0347\u0353\u0300\u0315\u0360\u0489" * 60,
    "nothing to see": "\u200b\u200c\u200d\u2060\ufeff",
    "long word": LONG_WORD,
    "long word of marks": "<" * 300 + "&" * 300,
    "long title": LONG_TITLE,
    "styles": "x;} body { display: none } /* expression(window.ran=1) url(javascript:window.ran=1) */",
    "lines": "\r\nSet-Cookie: hostile=1\r\n\r\n<script hostile>window.ran='lines'</script>",
    "formula": '=HYPERLINK("https://evil.example";"hostile") @SUM(1+1)*cmd|\' /C calc\'!A0',
    "path": "../../../etc/passwd%00.html%2e%2e%2f?next=//evil.example",
}
LINKS = {
    "script": "javascript:window.ran='link'",
    "script, odd case": "JaVaScRiPt:window.ran=1",
    "script after spaces": "  \n javascript:window.ran=1",
    "script with a tab": "java\tscript:window.ran=1",
    "script with a line": "java\r\nscript:window.ran=1",
    "script after a control character": "\x01javascript:window.ran=1",
    "script after NUL": "java\x00script:window.ran=1",
    "script in entities": "&#106;&#97;vascript&colon;window.ran=1",
    "script in percents": "javascript%3Awindow.ran=1",
    "script behind a slash": "javascript://paper.example/%0awindow.ran=1",
    "page": "data:text/html,<script>window.ran='data'</script>",
    "page in base64": "data:text/html;base64,PHNjcmlwdD53aW5kb3cucmFuPTE8L3NjcmlwdD4=",
    "drawing": "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='window.ran=1'/>",
    "visual script": "vbscript:msgbox(1)",
    "file": "file:///etc/passwd",
    "blob": "blob:https://paper.example/x",
    "view": "view-source:https://paper.example",
    "program": "intent://paper.example#Intent;scheme=javascript;end",
    "no scheme": "//evil.example/x",
    "back strokes": "\\\\evil.example\\x",
    "path": "/v1/corrections?action=hide",
    "double quotes": 'https://paper.example/"onmouseover="window.ran=1"hostile="',
    "single quotes": "https://paper.example/'onmouseover='window.ran=1'hostile='",
    "markup": "https://paper.example/?q=<script hostile>window.ran=1</script>",
    "end of an attribute": "https://paper.example/\"><img hostile src=x onerror=window.ran='url'>",
    "name and password": "https://127.0.0.1:secret@evil.example/",
    "letters that look alike": "https://\u0440\u0430\u0443\u0440\u0430l.example/\u202egpj.exe",
    "long": "https://paper.example/" + "x" * 3000,
}


CHOICES = tuple(MARKUP.values())


def hostile_items() -> list[dict[str, Any]]:
    """Articles as a caller sends them: every text in every field; then every address wherever one may stand."""
    texts = [
        _sent(article) | {"language": article.category[:20], "unknown": {article.title: article.title}} for article in hostile_articles()
    ]
    return texts + [
        {
            "id": f"link-{number}",
            "title": f"An address of the kind: {name}",
            "publishedDateTime": f"2026-03-10T{number % 18:02}:{number % 60:02}:00Z",
            "webUrl": address if number % 2 else f"https://paper-{number}.example",
            "originalUrl": address,
            "ampWebUrl": address,
            "provider": {"name": f"Paper {address[:80]}", "domain": address[:200], "images": [{"url": address, "width": 10, "height": 10}]},
            "images": [{"url": address, "width": 1600, "height": 900}],
        }
        for number, (name, address) in enumerate(LINKS.items())
    ]


def hostile_articles(*, together: bool = False) -> list[Article]:
    """Articles as no door has seen them: every text in every field, every address in some; each tells a story of its own.

    Parameters
    ----------
    together : they all tell one story instead.
    """
    links = itertools.cycle(LINKS.values())
    return [_article(number, text, next(links), 0 if together else number) for number, text in enumerate(CHOICES)]


def _article(number: int, text: str, link: str, event: int) -> Article:
    own = " ".join(f"e{event}w{word}" for word in range(40))
    return Article(
        id=f"{number}.{event} \"'`><b hostile> {{{{7*7}}}} ${{7*7}} %00%2e%2e%2f?#&amp;",
        title=f"{text} {own[:60]}",
        excerpt=f"{own} {text}",
        provider=Provider(text[:500], f'"><b hostile>paper-{number}.example'),
        published=NOW - timedelta(minutes=7 * number),
        url=link,
        category=text[:300],
        type=text[:300],
        topics=(text[:300], text[::-1][:300], '"><b hostile>'),
        images=({"url": link, "width": text, "height": 900},),
        own_url=link,
        related=({"title": text, "webUrl": link},),
        title_as_read=text,
        excerpt_as_read=text,
        origin=Origin(text),
        extra={"language": text, text: text},
    )


def _sent(article: Article) -> dict[str, Any]:
    return {
        "id": article.id,
        "title": article.title,
        "excerpt": article.excerpt,
        "publishedDateTime": None if article.published is None else iso_text(article.published),
        "provider": {"name": article.provider.name, "domain": article.provider.domain},
        "webUrl": f"https://paper.example/{article.title[:200]}",
        "category": article.category,
        "type": article.type,
        "topics": list(article.topics),
    }
