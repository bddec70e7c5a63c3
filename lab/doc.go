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
//	fault = "drop"                   # drop (no answer at all), refuse, unreachable
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
//	certificate = { kind = "good" }  # expired, not-yet-valid, wrong-name, self-signed, unknown-ca, leaf-only;
//	                                 # days = since it expired, until it is valid, or until it expires;
//	                                 # names = [] in it, in place of the hosts
//	tls_versions = ["1.2", "1.3"]
//	handshake = "close"              # the TLS handshake ends in: close, reset, silent, alert
//	greeting = "220 …"               # in place of the usual one; several lines are allowed. A greeting that
//	                                 # turns clients away (421, 554, BYE, -ERR) ends the session
//	greeting_delay = "6s"
//	software = "Postfix"
//	fault = "silent"                 # reset, close, silent, close-after-greeting, silent-after-greeting, close-at-auth
//	starttls = "refused"             # absent, unadvertised, refused, injection; default: offered by starttls endpoints
//	starttls_reply = "454 …"         # the words of a refusal
//	capabilities = ["…"]             # the whole list, in place of the usual one
//	capabilities_before_tls = ["…"]
//	mechanisms = ["PLAIN", "LOGIN"]  # these, CRAM-MD5, SCRAM-SHA-1, SCRAM-SHA-256 (both also -PLUS), XOAUTH2 and
//	                                 # OAUTHBEARER work; others are only named
//	mechanisms_before_tls = []       # default: none where TLS can be had, else as above
//	auth_reply = "535 5.7.8 …"       # every sign-in is rejected with these words (after the tag in IMAP)
//	accounts = ["anna@good.example"] # who may sign in; default: every account
//	domains = ["good.example"]       # SMTP: whose mail is taken on port 25; default: the accounts' domains
//	apop = true                      # POP3: a time stamp in the greeting, and the command APOP
//	scram = "wrong-signature"        # one-iteration, many-iterations, wrong-nonce, wrong-signature
//	mail_reply = "553 …"             # SMTP: to every MAIL that could be taken
//	rcpt_reply = "554 …"             # SMTP: to every RCPT that could be taken
//	script = "NAME"
//
//	[[web]]                          # a web host; documents alone make one with https
//	host = "autoconfig.good.example"
//	addresses = []                   # default: what the zone says
//	schemes = ["https", "http"]      # default: https
//	certificate = { kind = "good" }
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
package lab
