"""Mails, by SMTP with TLS: without it, or with a certificate that nobody vouches for, nothing is sent."""

from __future__ import annotations

import os
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from mimetypes import guess_type
from typing import NamedTuple

from expectations.records import Home, MailServer
from flows.places import MendableError
from flows.post import DoubtfulError, UnsentError, why
from flows.wording import BEIJING, say

PASSWORD = "PLAN_MONITOR_MAIL_PASSWORD"  # noqa: S105  (the name of the variable)
VARIABLES = {"host": "PLAN_MONITOR_MAIL_HOST", "user": "PLAN_MONITOR_MAIL_USER", "sender": "PLAN_MONITOR_MAIL_FROM"}
"""Variables that stand before what plan-monitor.yml says."""
PORTS = {"starttls": 587, "tls": 465}
SECONDS = 60.0
"""How long an answer may take."""


class Server(NamedTuple):
    """By whom mail is sent, and as whom."""

    told: MailServer
    password: str

    @property
    def port(self) -> int:
        return self.told.port or PORTS[self.told.security]


def server(home: Home | None) -> Server:
    """The server of a home; raises `MendableError` if none is told of, or a password is missing."""
    from pydantic import ValidationError

    known = home.mail.model_dump() if home is not None and home.mail is not None else {}
    known |= {key: value for key, name in VARIABLES.items() if (value := os.environ.get(name))}
    if not known:
        raise MendableError(say("messages/post/no_server"))
    try:
        told = MailServer.model_validate(known)
    except ValidationError:
        raise MendableError(say("messages/post/odd_server", names="、".join(VARIABLES.values()))) from None
    password = os.environ.get(PASSWORD, "")
    if told.user and not password:
        raise MendableError(say("messages/post/no_password", name=PASSWORD, user=told.user))
    return Server(told, password)


def message(
    server: Server, to: str, subject: str, text: str, attached: Mapping[str, bytes] | None = None, identity: str = ""
) -> EmailMessage:
    """A mail to one address; `identity` makes its Message-ID, by which a second copy is known as one."""
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = server.told.sender, to
    made["Subject"] = " ".join(subject.split())
    made["Date"] = format_datetime(datetime.now(BEIJING))
    made["Auto-Submitted"] = "auto-generated"
    if identity:
        made["Message-ID"] = f"<{identity}@{_domain(server)}>"
    made.set_content(text)
    for name, data in (attached or {}).items():
        kind = guess_type(name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        made.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return made


def _domain(server: Server) -> str:
    return server.told.sender.partition("@")[2]


def send(server: Server, message: EmailMessage) -> None:
    """Hand a mail to the server; raises `UnsentError` or `DoubtfulError`."""
    told = server.told
    try:
        client = _connected(server)
    except ssl.SSLCertVerificationError as error:
        raise UnsentError(say("messages/post/certificate", host=told.host, why=error.verify_message)) from None
    except smtplib.SMTPNotSupportedError:
        raise UnsentError(say("messages/post/no_tls", host=told.host)) from None
    except smtplib.SMTPException as error:
        raise _refused(error) from None
    except (OSError, ValueError) as error:
        unreached = say("messages/post/unreached", host=told.host, port=server.port, why=why(error))
        raise UnsentError(unreached, temporary=isinstance(error, OSError)) from None
    try:
        _given(client, told.sender, str(message["To"]), message.as_bytes())
    finally:
        with suppress(OSError, smtplib.SMTPException):
            client.quit()


def _connected(server: Server) -> smtplib.SMTP:
    told, context = server.told, ssl.create_default_context()
    domain = _domain(server)  # the name of this machine is nobody's business
    if told.security == "tls":
        client: smtplib.SMTP = smtplib.SMTP_SSL(told.host, server.port, domain, timeout=SECONDS, context=context)
    else:
        client = smtplib.SMTP(told.host, server.port, domain, timeout=SECONDS)
    try:
        if told.security == "starttls":
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()  # STARTTLS has both sides forget it (RFC 3207, 4.2)
        if told.user:
            client.login(told.user, server.password)
    except BaseException:
        client.close()
        raise
    return client


def _given(client: smtplib.SMTP, sender: str, to: str, data: bytes) -> None:
    """The mail itself. Until its last line is out, it has surely not been taken."""
    try:
        for answer in (client.mail(sender), client.rcpt(to)):
            _taken(*answer)
    except smtplib.SMTPException as error:
        raise _refused(error) from None
    except OSError as error:
        raise UnsentError(say("messages/post/broken", why=why(error)), temporary=True) from None
    try:
        answer = client.data(data)
    except smtplib.SMTPDataError as error:
        raise _refused(error) from None
    except (OSError, smtplib.SMTPException):
        raise DoubtfulError(say("messages/post/doubtful")) from None
    _taken(*answer)


def _taken(code: int, answer: bytes) -> None:
    if code not in (250, 251):
        raise _refused(smtplib.SMTPResponseException(code, answer))


def _refused(error: smtplib.SMTPException) -> UnsentError:
    """What a server has answered: 4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    if not isinstance(error, smtplib.SMTPResponseException):
        gone = isinstance(error, smtplib.SMTPServerDisconnected)
        told = say("messages/post/reasons/broken") if gone else error
        return UnsentError(say("messages/post/broken", why=told), temporary=True)
    said = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else error.smtp_error
    temporary = 400 <= error.smtp_code < 500
    form = "later" if temporary else "refused"
    return UnsentError(say(f"messages/post/{form}", code=error.smtp_code, said=" ".join(said.split())), temporary)
