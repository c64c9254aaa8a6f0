"""Deepgram's refusals, as https://developers.deepgram.com/docs/errors describes them, and its reasons to close."""

NET_0000 = (
    "Deepgram did not provide a response message within the timeout window. See https://dpgr.am/net0000"
)
NET_0001 = "Deepgram did not receive audio data or a text message within the timeout window. See https://dpgr.am/net0001"


def unauthorized(request_id: str) -> dict[str, str]:
    """The body of a 401."""
    return {"err_code": "INVALID_AUTH", "err_msg": "Invalid credentials.", "request_id": request_id}


def bad_request(request_id: str, reason: str) -> dict[str, str]:
    """The body of a 400."""
    return {"err_code": "Bad Request", "err_msg": reason, "request_id": request_id}


def of_fault(kind: str, request_id: str) -> tuple[int, dict[str, str]]:
    """Status and body of a fault at the door."""
    match kind:
        case "unauthorized":
            return 401, unauthorized(request_id)
        case "quota":
            code, status = "ASR_PAYMENT_REQUIRED", 402
            message = "Project does not have enough credits for an ASR request and does not have an overage agreement."
        case "rate-limit":
            code, status = "TOO_MANY_REQUESTS", 429
            message = "Too many requests. Please try again later."
        case "server-error":
            code, status, message = "INTERNAL_SERVER_ERROR", 500, "Internal server error."
        case _:
            code, status, message = (
                "SERVICE_UNAVAILABLE",
                503,
                "The service is unavailable. Please try again later.",
            )
    return status, {"err_code": code, "err_msg": message, "request_id": request_id}
