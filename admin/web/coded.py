"""Answers to machines: what is the matter as a code, never a page."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from contracts.wire import Fault, WireError


def answer_in_codes(pages: Blueprint) -> None:
    """Every refusal of a room's endpoints as {"error": code}."""
    pages.register_error_handler(WireError, _not_taken)
    pages.register_error_handler(HTTPException, _refused)


def _not_taken(error: WireError) -> ResponseReturnValue:
    return jsonify({"error": error.fault.value}), 413 if error.fault is Fault.TOO_LARGE else 400


def _refused(error: HTTPException) -> ResponseReturnValue:
    code = "too_large" if isinstance(error, RequestEntityTooLarge) else error.name.lower().replace(" ", "_")
    return jsonify({"error": code}), error.code or 500
