"""Every limit of the project, each with its unit and its source."""

from __future__ import annotations

from datetime import datetime, timedelta

# --- texts and signatures -------------------------------------------------------------------------------

ENTRY_BYTES = 65_535
"""Bytes in an entry (text, blank line, signature lines): C2SP tlog-tiles stores an entry's length in 16 bits."""

TEXT_BYTES = 32_768
"""Bytes in the signed text of an entry; the rest of ENTRY_BYTES is left to signatures."""

SIGNATURE_LINES = 100
"""Signature lines on one note, as in the reference implementation of C2SP signed-note."""

OPENPGP_SIGNATURE_BYTES = 1_024
"""Bytes in one dearmored OpenPGP signature packet: an RSA-4096 one takes about 570."""

CERTIFICATE_BYTES = 16_384
"""Bytes in one minimal OpenPGP certificate; it has to fit into a roster's text as base64."""

CANARY_ID_CHARACTERS = 128
"""Characters in a canary's id."""

MAX_NUMBER = 2**53 - 1
"""The largest number in any text: every JSON reader holds it exactly (RFC 8259, section 6)."""

ANCHORS = 10
"""Anchors on one release: a watcher checks each of them, and one takes up to 5 ms."""

ANCHOR_CHARACTERS = 1_000
"""Characters in what one anchor says; a drand round takes some 110, a block 170."""

ATTACHMENTS = 10
"""Attachments on one release."""

ATTACHMENT_BYTES = 32 * 1024 * 1024
"""Bytes in one attachment: a watcher downloads each of them."""

EVIDENCE_FILES = 10
"""Files of each kind of evidence over one entry: more authorities than anyone asks."""

EVIDENCE_BYTES = 65_536
"""Bytes in one file of evidence: a token with its chain of certificates takes some 6,000."""

TOKEN_CERTIFICATES = 20
"""Certificates in one RFC 3161 token: public authorities send one to four, and each may lead to each of the others."""

AUTHORITY_URL_CHARACTERS = 500
"""Characters in the address of a timestamp authority."""

# --- OpenTimestamps -------------------------------------------------------------------------------------

OTS_STEPS = 2_048
"""Operations, forks and attestations in one proof; an honest one with four calendars has some 500. Each operation can
hold 4,096 bytes, so that this bounds memory too."""

OTS_DEPTH = 256
"""Operations on the longest path of one proof: what the `opentimestamps` package reads."""

OTS_ATTESTATIONS = 64
"""Attestations in one proof: each of ten calendars gives two."""

OTS_BLOCKS = 10
"""Different blocks of one proof that are looked at, the lowest: for each a watcher asks its own source of headers."""

CALENDARS = 10
"""Calendars that one stamp asks."""

CALENDAR_BYTES = 10_000
"""Bytes of one answer of a calendar, as in the reference client; an honest one takes some 4,000."""

CALENDAR_SECONDS = 10.0
"""Seconds for one calendar's answer; an honest one takes two, because it collects what it is asked for a second."""

BLOCK_AWAITED = timedelta(days=2)
"""How long a calendar's promise may be open before it is told as a fault. Calendars wait for some hours, until a
transaction is cheap or worth while, and then for six blocks; so an honest one takes less than a day."""

COMMITMENT_BYTES = 128
"""Bytes of what a calendar promised a block for: a digest, with what calendars put before and behind it."""

HEADERS_BYTES = 16 * 1024 * 1024
"""Bytes in all files of block headers together: some 90,000 headers."""

# --- the log --------------------------------------------------------------------------------------------

CHECKPOINT_BYTES = 16_384
"""Bytes in a checkpoint with its signatures: three lines of text and up to 100 signatures."""

LOG_ENTRIES = 16_384
"""Entries in one log: a release a day for 44 years."""

LOG_BYTES = 32 * 1024 * 1024
"""Bytes in all the entries of one log together, so that a hostile host cannot fill a watcher's memory."""

PROOF_HASHES = 63
"""Hashes in an inclusion proof: a log counts no more than 2^63 entries (RFC 9162, section 2.1.3)."""

HINT_BYTES = 1_024
"""Bytes in the well-known hint."""

STATE_BYTES = 4 * LOG_BYTES
"""Bytes in a state file: the log in base64, what follows from it, and what was found. Twice what an honest log of full
size comes to, so that short entries with many anchors and statements can be read again too."""

CHANGES_TOLD = 50
"""Changes of one kind that a verdict puts in words; the rest it counts. A log can hold millions."""

STICKY_FINDINGS = 50
"""Findings with their proof that a state keeps, and forks beside them; so the state stays readable."""

# --- time -----------------------------------------------------------------------------------------------

FUTURE_TOLERANCE = timedelta(minutes=10)
"""How far `issued` may lie after the watcher's now: two honest clocks differ by that much."""

BLOCK_AHEAD = timedelta(hours=2)
"""How far a Bitcoin block's time may lie ahead of the real one: nodes refuse blocks that are further ahead."""

PROVED_LATE = timedelta(days=14)
"""How long after `issued` the earliest timestamp may be before that is told: a long ceremony, or authorities that were
down. Anchors that old can be looked up by anybody who makes up a date."""

OPENPGP_BEFORE_ISSUED = timedelta(days=1)
"""How long before `issued` an OpenPGP signature may have been made: clocks of two machines."""

OPENPGP_AFTER_ISSUED = timedelta(days=60)
"""How long after `issued` an OpenPGP signature may have been made: the longest ceremony."""

ROLLBACK_AFTER = timedelta(days=1)
"""How long an older copy may be served before it is no longer a lagging mirror."""

DATE_TOLERANCE = timedelta(days=1)
"""How far a date of issue without a time may lie after the watcher's now: it is some day's noon, anywhere on earth."""

BETWEEN_UPLOADS = timedelta(hours=1)
"""How long the signatures of the text before may stand beside a new text, before they are told as bad ones."""

WEAK_DIGESTS_BEFORE = datetime.fromisoformat("2017-02-23T00:00:00+00:00")
"""Until when a foreign signature over SHA-1 counts, by its own time: on that day two texts with one SHA-1 were shown
(shattered.io). No second text is known to be found for a text that somebody else wrote."""

SIGNED_BEFORE_ISSUE = timedelta(days=31)
"""How long before the date of issue in its text a foreign edition may be signed: some are written ahead. Of the Qubes
canaries none was signed more than a day before."""

# --- fetching -------------------------------------------------------------------------------------------

FETCH_SECONDS = 30.0
"""Seconds for one whole look at a canary: DNS, connect, TLS, headers and bodies of every request in it."""

AUTHORITY_SECONDS = 10.0
"""Seconds for one timestamp authority's answer; an honest one takes less than one."""

STAMPING_SECONDS = 30.0
"""Seconds that `canary publish` waits for all timestamp authorities and calendars together; the rest is fetched later.
Where there are both, each kind has half of them, so that neither can use up the other's."""

LATER_STAMPING_SECONDS = 120.0
"""Seconds that `canary timestamp` asks for, shared likewise; it holds the workspace meanwhile, and goes on in its next
run."""

ANCHOR_SECONDS = 5.0
"""Seconds for one request to a source of anchors, or to a watcher's source of blocks. Somebody waits: all sources are
asked at once, and each at most three times (for the tip, a block's hash, its header)."""

ANCHOR_SOURCES = 10
"""Sources of one kind of anchor, or of blocks: each is a thread and a connection while it is asked."""

CA_FILE_BYTES = 8 * 1024 * 1024
"""Bytes in a file of certificates to trust: a system's whole bundle has some 250,000."""

REDIRECTS = 3
"""Redirects followed, all on one and the same host."""

GPG_SECONDS = 20.0
"""Seconds for one call of gpg on bytes that came from outside; an honest signature takes 0.01."""

# --- watching -------------------------------------------------------------------------------------------

SHORTEST_INTERVAL = timedelta(minutes=5)
"""Between two looks at one canary: more often tells nobody anything, and bothers the host."""

LONGEST_INTERVAL = timedelta(days=30)
"""Between two looks at one canary: the shortest window is not missed by much."""

LIST_BYTES = 67_108_864
"""Bytes of a list to import as JSON lines: 100,000 canaries with room to spare."""

TOML_LIST_BYTES = 8_388_608
"""Bytes of a list to import as TOML: 20,000 canaries. Its reader takes up to a hundred times the memory."""

LIST_REFUSED = 10_000
"""Canaries of a list to import that may be refused until it is taken for something else than a list."""

NOTE_CHARACTERS = 1_000
"""Characters of the note that a person leaves when acknowledging."""

TAGS = 20
"""Tags on one canary of a list."""

SIGHTING_BYTES = 65_536
"""Bytes of one answer that are kept for a person when a look failed: a host's whole error page, as a rule."""

SIGHTINGS = 20
"""Failed looks at one canary of which the answers are kept; the oldest goes when one more comes."""

STORE_SECONDS = 10.0
"""Seconds to wait for another run that is writing to the watcher's memory; a batch takes less than one."""

LOOKS_KEPT = timedelta(days=7)
"""How long every look stays in the history."""

DAILY_LOOKS_KEPT = timedelta(days=365)
"""How long the last look of each day stays in the history; after that it is the last of each month."""

ALERTS_KEPT = timedelta(days=90)
"""How long alerts are kept of which nothing is on its way any more, so that one that comes again is known."""

CLAIM = timedelta(minutes=30)
"""How long a run may take for what it has claimed; after that it counts as dead, and another run looks."""

STOPPING_SECONDS = 2.0
"""Seconds that a run which is stopped waits for looks under way, so that they tidy up; nobody uses their answers."""

PING_SECONDS = 10.0
"""Seconds that telling the dead man's switch may take."""

ROUND_EVERY = timedelta(minutes=1)
"""How long a daemon rests between two passes; the shortest wait before a look is repeated is as long."""

TELL_EVERY = timedelta(minutes=1)
"""How long a pass that goes on looks before it delivers what it has found so far."""

COMPACT_EVERY = timedelta(days=1)
"""How often the history is thinned."""

LOOK_PROCESSES = 2
"""Processes that look at a long list. With a third, what is stored would not keep up, and memory be short."""

LOOKS_A_PROCESS = 250
"""Looks for which another process is worth starting: that takes as long as a hundred of them."""

LARGE_LOOK_BYTES = 1_048_576
"""Bytes that one look may have taken into memory before it needs a place; a log of a century of releases has fewer."""

LARGE_LOOKS = 2
"""Looks at once that may have taken more than that; each may come to some three times the longest log."""

BATCH_BYTES = 33_554_432
"""Bytes of logs after which a batch is stored however few looks are in it."""

HELD_BYTES = 33_554_432
"""Bytes of failed answers in one run that are kept while it is not clear whose failure it is."""

WATCH_BATCH = 200
"""Looks that are stored in one transaction: more are hardly quicker, and a killed run makes all of them again."""

WATCH_BATCH_AFTER = timedelta(seconds=2)
"""After this long a batch is stored however few looks are in it."""

WATCH_CONFIG_BYTES = 65_536
"""Bytes in a watcher's configuration: fifty channels with a comment on every line take some 20,000."""

RECEIPT_BYTES = 262_144
"""Bytes in one receipt: a thousand lines of what happened take some 100,000."""

REMIND_CONFIG_BYTES = 65_536
"""Bytes in `remind.toml`: a hundred signers with a comment on every line take some 20,000."""

REMINDED_BYTES = 65_536
"""Bytes in the record of who was reminded: a hundred signers take some 10,000."""

CONFIG_VALUE_CHARACTERS = 1_024
"""Characters in one text of a watcher's configuration: an address, a path."""

CONFIG_LIST = 50
"""Things in one list of a watcher's configuration: channels, routes, addresses, arguments of a command."""

WATCH_THREADS = 256
"""Looks that a watcher makes at once: each is a thread and a connection."""

LOOK_LONGEST = timedelta(minutes=10)
"""The longest time that one look, or sending one message, may be given."""

QUIET_LONGEST = timedelta(hours=20)
"""How long quiet hours may be. Even where a clock is put forward by two hours, some time of every day is left, and no
alert waits for longer than a day."""
# --- telling --------------------------------------------------------------------------------------------

SUBJECT_CHARACTERS = 150
"""Characters in the subject of a message: what mail programs and telephones show of one."""

ALERT_FINDINGS = 10
"""Findings that one alert puts in words; the rest it counts, and the watcher's memory has them."""

ALERT_CHARACTERS = 4_000
"""Characters of one finding in a message about one alert: two wordings of a long statement."""

DIGEST_LISTED = 50
"""Alerts that a digest has a line for, the worst; the rest it counts."""

DIGEST_DETAILED = 5
"""Alerts that a digest tells in full, the worst."""

DIGEST_CHARACTERS = 500
"""Characters of one finding in a digest."""

EVENT_BYTES = 1024 * 1024
"""Bytes in the JSON event of a message, of which an alert in a digest takes some 1,000."""

PORTION = 1_000
"""Deliveries that are taken from the outbox at once, and alerts in one digest; so memory and messages stay bounded."""

RETRY_FIRST = timedelta(minutes=1)
"""After this long a message that a channel did not take for now is sent again; then after twice as long each time."""

RETRY_LONGEST = timedelta(hours=6)
"""The longest time from one try to the next."""

PART_KEPT = timedelta(days=1)
"""The age at which an unfinished backup is taken for one whose making was killed; one takes seconds."""

DELAY_LONGEST = timedelta(days=1)
"""The longest that a delivery waits, for its next try or for the end of quiet hours."""

RETRIES = 37
"""Tries of one delivery until it is given up. With the distances above the last is made after more than 7 days."""

# --- foreign OpenPGP ------------------------------------------------------------------------------------

FOREIGN_TEXT_BYTES = 1024 * 1024
"""Bytes in a foreign canary's text, in the page around it, or in a signed copy of it: known ones take below 10,000."""

FOREIGN_SIGNATURE_BYTES = 65_536
"""Bytes in one detached OpenPGP signature of somebody else's, armored: an RSA-4096 one takes some 900."""

FOREIGN_SIGNATURES = 32
"""OpenPGP signatures looked at over one edition, and blocks in one file: Qubes has had three signers at once."""

FOREIGN_KEYRING_BYTES = 1024 * 1024
"""Bytes in a file of OpenPGP certificates as a publisher offers it; one with many people's signatures takes 100,000."""

FOREIGN_CERTIFICATE_BYTES = 65_536
"""Bytes in one pinned OpenPGP certificate without other people's signatures: long-lived ones take 15,000."""

FOREIGN_GPG_SECONDS = 5.0
"""Seconds for one call of gpg on foreign bytes; an honest signature takes 0.01."""

FOREIGN_SECONDS = 20.0
"""Seconds for all calls of gpg over one edition; what comes after is not looked at."""

FOREIGN_HOMES = 16
"""Private homes of gpg, one for each pinned set of certificates, that are kept at once; each is a folder of some
20,000 bytes, and prepared again in 0.02 seconds."""
# --- what is kept of a canary in another format -----------------------------------------------------------

FOREIGN_EDITIONS = 1_000
"""Accepted editions of which a line is kept; a weekly canary has 52 a year."""

FOREIGN_KEPT_QUOTES = 2_000
"""Quotes of accepted editions that are kept; Qubes has some 10 in each edition."""

FOREIGN_MESSAGE_CHARACTERS = 4_000
"""Characters of one finding on a foreign canary: its words are a stranger's, and have no bound of their own."""

FOREIGN_PROOF_BYTES = 65_536
"""Bytes in one text that is kept as the proof of an edit; a longer one is told by its hash alone."""

FOREIGN_STATE_BYTES = 64 * 1024 * 1024
"""Bytes in what is kept of one foreign canary: the newest text, statements, proofs, and some 300 bytes for each line,
of which CanaryTail has one for each value of each field; 25 canaries of Qubes take 37,000."""

FOREIGN_PINNED_BYTES = 4 * 1024 * 1024
"""Bytes in what is pinned of one foreign canary: certificates in base64, a profile and statements."""

# --- canaries in other formats: profiles ----------------------------------------------------------------

PROFILE_BYTES = 16_384
"""Bytes in a profile; those that ship take some 2,000."""

PROFILE_PATTERNS = 200
"""Patterns in a profile; one with all that a publisher has ever written has some 30."""

PROFILE_QUOTES = 10
"""Kinds of quotes in a profile: each is looked for in the whole text."""

PROFILE_LIST = 50
"""Things in one list of a profile: patterns, sentences, starts of lines."""

FOREIGN_TEXT_CHARACTERS = 1_048_576
"""Characters of an edition that a profile reads: the longest transparency report at hand has some 5,000."""

FOREIGN_STATEMENTS = 100
"""Statements that are read in one edition; those at hand have 1 to 10."""

FOREIGN_SENTENCES = 5_000
"""Sentences of an edition that one which is missing is compared with, to tell rewording from withdrawal."""

FOREIGN_QUOTES = 100
"""Quotes that are read in one edition: headlines of one news feed are one of them."""

FOREIGN_QUOTE_CHARACTERS = 4_000
"""Characters of one quote that are kept and compared: five headlines take some 400."""

PATTERN_PLACES = 10_000
"""Places at which a pattern is tried in one text: hundreds of patterns must not cost minutes of it."""

VARYING_PLACES = 100
"""Places in one statement at which it is looked for what varies."""

PATTERN_WORDS_CHARACTERS = 200
"""Characters that `{words}` in a profile's pattern may stand for."""
# --- signify, CanaryTail and pages ----------------------------------------------------------------------

SIGNIFY_FILE_BYTES = 4_096
"""Bytes in one detached signature or public key: two comments of at most 1,024 bytes each, as signify bounds them, a
key or signature and another signature."""

SIGNIFY_COMMENT_BYTES = 1_024
"""Bytes in one comment, as signify bounds it; minisign's trusted one, which may have 8,192, is bounded likewise."""

SIGNIFY_FILES = 100
"""Files of signatures and keys that are looked at beside one edition."""

CANARYTAIL_BYTES = 262_144
"""Bytes in one CanaryTail document; each signer adds some 1,500."""

CANARYTAIL_SIGNERS = 100
"""Keys in one CanaryTail document."""

CANARYTAIL_CODES = 100
"""Codes, and mirrors, in one CanaryTail document; the standard knows ten codes."""

CANARYTAIL_CHARACTERS = 1_024
"""Characters in one text of a CanaryTail document: a domain, a code, a mirror's address."""

FIELDS_REMEMBERED = 1_000
"""Values of each field under each key that a watcher remembers; a weekly canary has 52 dates of release a year."""

JSON_DEPTH = 16
"""Levels of foreign JSON; CanaryTail has four."""

PAGE_BYTES = 2 * 1024 * 1024
"""Bytes in a page; a large transparency report with its scripts takes some 500,000."""

SENTENCE_CHARACTERS = 2_000
"""Characters of the longest sentence that is offered, or taken as another one's new wording."""

# --- looking at canaries in other formats ---------------------------------------------------------------

FOREIGN_STEPS = 32
"""Editions that one look goes on from the newest known one; a weekly canary that nobody looked at for half a year."""

FOREIGN_LINKS = 10_000
"""Links of an index that are looked at."""

GIT_BYTES = 256 * 1024 * 1024
"""Bytes on disk of a repository's newest commit; one that many looks have filled to half of it is fetched anew."""

GIT_FILES = 50_000
"""Files in a repository that holds canaries."""

GIT_LISTING_BYTES = 16 * 1024 * 1024
"""Bytes of the list of a repository's files."""

FOREIGN_FIRST = 64
"""Editions of a repository that the first look takes in: sixteen years of a quarterly canary."""

GIT_MEMORY_BYTES = 1024 * 1024 * 1024
"""Address space of git, and of each program that it starts: what a host sends before a pack is kept in memory."""

GIT_SAID_BYTES = 65_536
"""Bytes of what git says while it works: a server may send any amount of it."""
