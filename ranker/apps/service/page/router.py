"""Router: all routes of the page."""

from __future__ import annotations

from fastapi import APIRouter

from ranker.apps.service.page import routes_files, routes_front, routes_paste, routes_sign_in, routes_story

PARTS: tuple[APIRouter, ...] = (
    routes_files.router, routes_front.router, routes_story.router, routes_paste.router, routes_sign_in.router,
)  # fmt: skip
router = APIRouter(include_in_schema=False)
for _part in PARTS:
    router.include_router(_part)
