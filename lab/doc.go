// Package lab is a mail world on loopback: DNS, web, SMTP, IMAP and POP3
// servers, a certification authority, and broken servers by script. Tests and
// "mailmedic demo" run against it.
//
// A [World] is one txtar file that a person can read and write. Inside it have
// virtual addresses and standard ports; outside, every server listens on
// 127.0.0.1 and a port of the system's choice. [Running.Network] gives the
// options that lead package wire into the world, and nowhere else.
//
// # The file
//
// The comment in front is for people: its first line is the title, the rest
// says what the world pretends. Then come the sections:
//
//	-- zone --                       the DNS, in master file format; several $ORIGINs
//	-- zone@ADDRESS --               what the resolver at that address says otherwise: its names replace those of the zone
//	-- servers.toml --               accounts, servers and faults, see below
//	-- web/HOST/PATH --              a document of a web server
//	-- script/NAME --                a conversation for a server that speaks no protocol well
//
// Names that the zone does not have do not exist (NXDOMAIN). The host of the
// ISPDB is there without being named and knows no domain; so are the hosts of
// encrypted resolvers.
//
// A way that drops packets has the patience of an operating system: connecting
// and reading datagrams fail with ETIMEDOUT after two minutes of [Options].After.
//
// # servers.toml
//
// Unknown keys are errors. All keys may be left out unless said otherwise.
//
//	[demo]                           # what "mailmedic demo" runs
//	address = "anna@good.example"    # an address or a domain
//	user = "anna"                    # when it is not the address
//	password = "…"                   # signs in when given
//	token = "…"                      # in place of a password
//	client_certificate = { kind = "good" }   # a certificate for the user, signed by the world's authority; expired
//	                                 # (days = since when), unknown-ca; names = [] in place of the user name
//	arguments = ["--trust-discovered"]
//
//	[dns]
//	resolver = "192.0.2.53"          # the virtual address of the system's resolver
//	tls = "dns.example"              # it answers over TLS too, on port 853, with a certificate for the host and the address
//	https = "https://dns.example/dns-query"   # and over HTTPS
//	certificate = { kind = "good" }  # of both, as of a server
//	secure = ["good.example"]        # names below have valid DNSSEC signatures: the AD bit
//	[[dns.fault]]
//	name = "good.example"            # "*.good.example" for all names below, "*" for every name
//	type = "MX"                      # every type when left out
//	resolver = "192.0.2.54"          # every resolver when left out
//	fault = "servfail"               # servfail, bogus (SERVFAIL unless checking is disabled), refused, nxdomain,
//	                                 # rewrite (names that do not exist lead to address), timeout (no answer),
//	                                 # no-edns (no answer to queries with EDNS), truncate (over UDP);
//	                                 # may be left out where ede stands
//	address = "203.0.113.9"          # of rewrite
//	ede = 7                          # the info code of an extended error (RFC 8914) in the answer
//	ede_text = "…"
//
//	[[resolver]]                     # a further one, whom somebody may name
//	address = "192.0.2.54"           # needed
//	tls = "other.example"            # tls, https and certificate as above
//
//	[[network]]                      # the way to hosts, addresses or prefixes, checked in order
//	to = ["192.0.2.0/24"]            # everywhere when left out; DNS needs port 53 to be named
//	ports = [25, 465, 587]           # every port when left out
//	fault = "drop"                   # none (packets arrive, whatever stands below), drop (no answer at all), refuse, unreachable, drop-large (answers of more
//	                                 # than 576 bytes get lost on TCP connections, as behind a tunnel that does
//	                                 # not say so), lead-to (TCP connections end up at address, as with a portal)
//	address = "203.0.113.9"          # of lead-to
//	port = 80                        # of lead-to; the same when left out
//
//	[time]                           # when it is not the client's
//	days_ahead = 400                 # of the client's clock; negative where the world is behind
//
//	[control]
//	hosts = ["imaps://imap.control.example:993"]   # what the client compares with where all servers fail alike
//
//	[[account]]
//	user = "anna@good.example"       # what must be typed as the user name
//	password = "…"
//	token = "…"                      # an OAuth 2.0 access token, for XOAUTH2 and OAUTHBEARER
//	messages = 1204                  # in the inbox
//	quota_used = 1, quota_limit = 2  # bytes
//
//	[[server]]
//	endpoints = ["imaps://imap.good.example:993"]    # needed; all of one protocol, or any with a script
//	addresses = ["192.0.2.10"]       # default: what the zone says of the host
//	certificate = { kind = "good" }  # expired, not-yet-valid, wrong-name, self-signed, unknown-ca, leaf-only, ends-today,
//	                                 # common-name (no other name), client-only, authority, unreadable (a name in
//	                                 # U-labels), rsa-1024, sha1, constrained (its authority may not sign for the name);
//	                                 # days = since it expired, until it is valid, or until it expires;
//	                                 # lifetime = 90, in days; names = [] in it, in place of the hosts;
//	                                 # services = ["_imaps.good.example"], names of the form SRVName;
//	                                 # issuer = "…", the name of an authority that nobody knows;
//	                                 # chain = leaf-only, with-root, shuffled, extra, wrong, repeated
//	client_certificate = "optional"  # the server asks the client for a certificate and verifies it: optional, required;
//	                                 # EXTERNAL takes the user name from it
//	tls_versions = ["1.2", "1.3"]
//	handshake = "close"              # the TLS handshake ends in: close, reset, silent, alert
//	greeting = "220 …"               # in place of the usual one; several lines are allowed. A greeting that
//	                                 # turns clients away (421, 554, BYE, -ERR) ends the session. {date} in it
//	                                 # is the time by the world's clock
//	greeting_delay = "6s"
//	software = "Postfix"
//	fault = "silent"                 # reset, close, silent, close-after-greeting, silent-after-greeting, close-at-auth
//	starttls = "refused"             # absent, unadvertised, refused, injection; default: offered by starttls endpoints
//	starttls_reply = "454 …"         # the words of a refusal
//	capabilities = ["…"]             # the whole list, in place of the usual one
//	capabilities_before_tls = ["…"]
//	mechanisms = ["PLAIN", "LOGIN"]  # these, EXTERNAL, CRAM-MD5, SCRAM-SHA-1, -256 and -512 (all also -PLUS), XOAUTH2
//	                                 # and OAUTHBEARER work; others are only named
//	mechanisms_before_tls = []       # default: none where TLS can be had, else as above
//	auth_reply = "535 5.7.8 …"       # every sign-in is rejected with these words (after the tag in IMAP)
//	accounts = ["anna@good.example"] # who may sign in; default: every account
//	domains = ["good.example"]       # SMTP: whose mail is taken on port 25; default: the accounts' domains
//	apop = true                      # POP3: a time stamp in the greeting, and the command APOP
//	scram = "wrong-signature"        # one-iteration, many-iterations, wrong-nonce, wrong-signature; of -PLUS also
//	                                 # other-binding (it sees another TLS session), unknown-binding
//	mail_reply = "553 …"             # SMTP: to every MAIL that could be taken
//	rcpt_reply = "554 …"             # SMTP: to every RCPT that could be taken
//	data_reply = "554 …"             # SMTP: to every message that could be taken
//	delivery = { folder = "Junk" }   # SMTP: what becomes of messages to accounts of the world; IMAP and POP3 show
//	                                 # them; folder = default INBOX, or Sent, Drafts, Junk, Trash;
//	                                 # delay = "5s", lost = true, sent = true (a copy into Sent of the sender),
//	                                 # header = ["…"] lines above the others, such as stamps of further servers,
//	                                 # in which NOW after the semicolon is the time
//	script = "NAME"
//
//	[[oauth]]                        # an authorization server (OAuth 2.0); whoever visits its pages is signed in and agrees
//	issuer = "https://auth.good.example"   # needed; its host is a web host, its endpoints are authorize, token, device and
//	                                 # verify below it
//	user = "anna@good.example"       # needed: the account whose token it gives
//	client = "program-1"             # the client id that it knows; any when left out
//	secret = "…"                     # which that client must show; none when left out
//	scopes = ["mail"]                # that it knows, and lists
//	metadata = "openid"              # where it describes itself: rfc8414 (default), openid, none
//	lifetime = "1h"                  # of the token
//	interval = 5                     # seconds between a device's questions; 1 when left out
//	fault = "deny"                   # deny (the person says no), expire (a device's code does), no-mail (it grants openid
//	                                 # only), no-device (it has no such endpoint), wrong-issuer, cleartext (the metadata
//	                                 # name somebody else, a token endpoint with http), wrong-state (of another question),
//	                                 # large, redirect, garbage, echo (what the token endpoint answers)
//
//	[[web]]                          # a web host; documents alone make one with https
//	host = "autoconfig.good.example"
//	addresses = []                   # default: what the zone says
//	schemes = ["https", "http"]      # default: https
//	certificate = { kind = "good" }
//	catch_all = "http://…"           # where requests for hosts that are not at its addresses are redirected
//	fault = "silent"                 # reset, close, silent: for its addresses as a whole
//
//	[[page]]                         # how a document is served, and pages without a document
//	url = "https://good.example/x"   # a URL without scheme means both
//	status = 302
//	type = "text/html"
//	location = "https://…"
//	delay = "1s"
//	size = 0                         # bytes; filled with spaces up to that size
//	needs = "emailaddress"           # a query without this parameter is answered with 400
//
// # Scripts
//
// A script is what a server does with one connection, from the first byte to the
// last. One step stands on each line:
//
//	S: text          send the text and CRLF
//	S> text          send the text alone
//	C: pattern       read a line; * at the pattern's end is any rest. A line
//	                 that does not fit ends the session
//	REPEAT n text    send the text n times; with * for n, until the client has left
//	RANDOM n         send n random bytes, the same ones at every run; or * as well
//	DRIP d text      send the text byte by byte, with a pause of d before each
//	WAIT d           let time pass
//	TLS              do a handshake; certificate=KIND, client_certificate=… and
//	                 tls_versions=1.0,1.1 behind it are the keys of servers.toml
//	HELLO v suite    answer a ClientHello with a ServerHello that chooses these, and nothing more
//	ALERT n          answer a ClientHello with a fatal alert
//	SILENT           read what comes and say nothing more
//	RESET            end with a RST
//	CLOSE            end with an end of file, as the end of the script does
//	WHEN condition   do the steps up to the next WHEN, OTHERWISE or END if the
//	                 condition holds; of several, the first that does
//	# text           says something to the reader
//
// Texts may have \r \n \t \\ and \xNN; {tag} is the first word of the last line
// that was read, as IMAP needs it. Spaces in front of a step do not count.
//
// A condition is one of these, several of them with "and" between, and each may
// have "not" in front:
//
//	connection 2             this is the second connection to the endpoint; >2 is any later one
//	line EHLO *              the next line fits, as with C:, and is taken; it can have no "and" behind it
//	hello                    the client begins with a ClientHello that can be read
//	hello version 1.3        it offers this version: ssl3, 1.0, 1.1, 1.2, 1.3
//	hello suite TLS_AES_*    … a suite, by its name in Go or else in four hexadecimal digits
//	hello group X25519MLKEM768
//	hello name *             … a server name, and so any
//	hello alpn imap
//	hello share >1200        the bytes of its key shares are more than 1200
//	hello size <512          the bytes of the whole
//
// So this server loses what does not fit into one packet, the first time:
//
//	S: 220 mail.example ESMTP
//	C: EHLO *
//	S: 250 STARTTLS
//	C: STARTTLS
//	S: 220 go ahead
//	WHEN connection 1 and hello size >1400
//	  RESET
//	OTHERWISE
//	  TLS
//	END
//	C: EHLO *
package lab
