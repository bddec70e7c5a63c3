package mail

import "time"

// Kind says what sort of thing was observed.
type Kind string

// The kinds of observations.
const (
	KindDNS     Kind = "dns"
	KindHTTP    Kind = "http"
	KindDial    Kind = "dial"
	KindTLS     Kind = "tls"
	KindSession Kind = "session"
	KindAuth    Kind = "auth"
	KindMailbox Kind = "mailbox"
	KindSend    Kind = "send"
)

// Fact is a three-valued truth: what was not checked is never "no".
// In JSON it is true, false or null.
type Fact int8

// The three values.
const (
	NotKnown Fact = iota
	No
	Yes
)

// FactOf gives Yes or No.
func FactOf(b bool) Fact {
	if b {
		return Yes
	}
	return No
}

// MarshalJSON implements json.Marshaler.
func (f Fact) MarshalJSON() ([]byte, error) {
	return []byte(map[Fact]string{NotKnown: "null", No: "false", Yes: "true"}[f]), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Fact) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case "true":
		*f = Yes
	case "false":
		*f = No
	default:
		*f = NotKnown
	}
	return nil
}

// Observation is one thing that was seen: an answer, a handshake, a refusal.
// Exactly the facts of its kind are set. Two observations with the same ID are
// the same observation; the later one replaces the earlier.
type Observation struct {
	// ID is a stable name made of what was asked:
	//
	//	dns      srv:_imaps._tcp.example.com, mx:example.com, a:imap.example.com;
	//	         mx:example.com@192.0.2.54:53 for what a further resolver says to the same question
	//	http     the URL; post:https://… for what was sent there, and after a # the domain
	//	         that it was about where that is another one than the target's
	//	dial     dial:imaps://imap.example.com:993#192.0.2.1 (one for each address tried)
	//	tls      tls:imaps://imap.example.com:993#192.0.2.1; with /classical, /tls-1.2 or /legacy after it
	//	         for a further handshake that only finds out what the server can do
	//	session  session:imaps://imap.example.com:993;
	//	         session:imaps://imap.example.com:993#192.0.2.2 at a further address of the host
	//	auth     auth:imaps://imap.example.com:993/plain/anna@example.com
	//	mailbox  mailbox:imaps://imap.example.com:993
	//	send     send:smtps://smtp.example.com:465
	ID      string `json:"id"`
	Kind    Kind   `json:"kind"`
	Subject string `json:"subject"` // what it is about: a DNS name, a URL, or an endpoint in text form

	Address string    `json:"address,omitempty"` // the peer's IP address
	At      time.Time `json:"at,omitzero"`       // when it began
	TookMS  int64     `json:"took_ms"`           // milliseconds
	Failure *Failure  `json:"failure,omitempty"`
	Source  Source    `json:"source,omitempty"` // for which source of settings it was asked
	Notes   []string  `json:"notes,omitempty"`  // what was passed over in it, and why

	*DNSFacts
	*HTTPFacts
	*DialFacts
	*TLSFacts
	*SessionFacts
	*AuthFacts
	*MailboxFacts
	*SendFacts
}

// DNSFacts are what an answer of the DNS holds.
type DNSFacts struct {
	Name      string   `json:"name"`
	Type      string   `json:"type"`               // MX, SRV, A …
	Records   []string `json:"records"`            // data of the records of this type, in presentation format, sorted
	Aliases   []string `json:"aliases,omitempty"`  // targets of the CNAME chain, in order
	Authentic Fact     `json:"authentic"`          // the AD bit; not known when the way to the resolver is not to be trusted
	Resolver  string   `json:"resolver,omitempty"` // who answered: ip:port, or the address that begins with tls:// or https://

	ExtendedErrors []uint16 `json:"extended_errors,omitempty"` // info codes of RFC 8914, in the answer's order
	Bogus          bool     `json:"bogus,omitempty"`           // the name fails DNSSEC validation: an extended error says so, or it is answered with checking disabled only
}

// HTTPFacts are what a web server answered.
type HTTPFacts struct {
	URL       string   `json:"url"`
	Status    int      `json:"status"` // 0 where no answer came
	FinalURL  string   `json:"final_url,omitempty"`
	Redirects []string `json:"redirects,omitempty"` // every URL after the first, in order
	MediaType string   `json:"media_type,omitempty"`
	Bytes     int      `json:"bytes,omitempty"`
	Proxy     string   `json:"proxy,omitempty"` // the proxy from the environment that was used, without user info
}

// DialFacts say from where a connection was tried, where that is not simply this computer.
type DialFacts struct {
	Via       string `json:"via,omitempty"`        // the SOCKS proxy, as socks5://host:port
	ViaFailed bool   `json:"via_failed,omitempty"` // the proxy is to blame, and nothing is known of the server
	From      string `json:"from,omitempty"`       // the source address that was bound
}

// TLSFacts are what a handshake showed. Handshake and verdict are apart: a
// handshake that ended well with a certificate that must not be believed has
// facts and a Failure.
type TLSFacts struct {
	Version      string        `json:"version,omitempty"` // "TLS 1.3"
	Cipher       string        `json:"cipher,omitempty"`  // the IANA name of the suite
	Group        string        `json:"group,omitempty"`   // the key exchange group
	ServerName   string        `json:"server_name,omitempty"`
	Certificates []Certificate `json:"certificates,omitempty"` // as sent, the server's own first

	// Attempt tells a further handshake from the one that counts: "classical"
	// (no post-quantum key share), "tls-1.2" (nothing newer), "legacy" (everything
	// since SSL 3.0, up to the server's choice and no further). What it shows is
	// no proof that mail programs can use the server.
	Attempt           string             `json:"attempt,omitempty"`
	Alert             uint8              `json:"alert,omitempty"`              // the number of the alert with which the server ended the handshake, RFC 8446 section 6
	ClientCertificate CertificateRequest `json:"client_certificate,omitempty"` // whether the server asks for a certificate of the client

	MatchedName string      `json:"matched_name,omitempty"` // the name in the certificate that fits the host, RFC 9525 section 6.3
	Chain       []string    `json:"chain,omitempty"`        // subjects from the server's own certificate to a trusted root, as built; none where none can be
	ChainNotes  []ChainNote `json:"chain_notes,omitempty"`  // what is odd about the certificates as sent
	Stapled     OCSPStatus  `json:"stapled,omitempty"`      // the status that the server sent with its certificate, RFC 6066 section 8
}

// A ChainNote is something odd about the certificates that a server sent.
type ChainNote string

// The notes. A list in the wrong order and roots that nobody needs are harmless
// to most programs; what is missing is not.
const (
	ChainOrder    ChainNote = "order"    // not each is followed by the one that signed it, RFC 8446 section 4.4.2
	ChainExtra    ChainNote = "extra"    // some have nothing to do with the chain
	ChainRepeated ChainNote = "repeated" // some stand in it twice
	ChainRoot     ChainNote = "root"     // the root is sent, which every program has or must not believe
	ChainMissing  ChainNote = "missing"  // an intermediate certificate was not sent
)

// OCSPStatus is what a stapled answer says of the certificate, RFC 6960 section 2.2.
type OCSPStatus string

// The states. A server that staples nothing has none.
const (
	OCSPGood    OCSPStatus = "good"
	OCSPRevoked OCSPStatus = "revoked"
	OCSPUnknown OCSPStatus = "unknown" // the authority does not know the certificate
	OCSPStale   OCSPStatus = "stale"   // the answer is out of date
	OCSPInvalid OCSPStatus = "invalid" // not an answer, not about this certificate, or not signed by who may
)

// CertificateRequest says how a server asks for a certificate of the client.
type CertificateRequest string

// The ways to ask; a server that does not ask has none.
const (
	CertificateOptional CertificateRequest = "optional" // it asks, and goes on without one
	CertificateRequired CertificateRequest = "required" // it ends the connection without one
)

// Certificate is one X.509 certificate as a server sent it.
type Certificate struct {
	Subject    string    `json:"subject"`
	Names      []string  `json:"names"` // DNS names and IP addresses of the subjectAltName
	Issuer     string    `json:"issuer"`
	NotBefore  time.Time `json:"not_before"`
	NotAfter   time.Time `json:"not_after"`
	Key        string    `json:"key"` // "ECDSA P-256", "RSA 2048"
	SelfSigned bool      `json:"self_signed,omitempty"`

	Signature string   `json:"signature,omitempty"` // how it was signed: "ECDSA-SHA256", "SHA256-RSA"
	Exponent  int      `json:"exponent,omitempty"`  // of an RSA key, where it is smaller than the usual 65537
	Usages    []string `json:"usages,omitempty"`    // the extended key usages: server, client, any, and others by number; none for all
	Authority bool     `json:"authority,omitempty"` // it may sign others
}

// SessionFacts are what a mail server said of itself.
type SessionFacts struct {
	Greeting     string   `json:"greeting,omitempty"`
	GreetingMS   int64    `json:"greeting_ms,omitempty"` // from the connection (or the end of the implicit handshake) to the greeting's first byte
	Capabilities BothWays `json:"capabilities"`
	Mechanisms   BothWays `json:"mechanisms"`
	Software     string   `json:"software,omitempty"`
	TurnedAway   string   `json:"turned_away,omitempty"` // the greeting of a first connection that was refused for the moment; this is the second

	// Limits are what the server says that it will not go beyond, by name: size
	// (bytes of a message, RFC 1870; 0 for no fixed one), rcptmax, mailmax and
	// rcptdomainmax (RFC 9422), expire (days that messages are kept, RFC 2449
	// section 6.7; never is not said) and login-delay (seconds between two
	// sign-ins, section 6.5). A number beyond all bounds is the greatest that fits.
	Limits map[string]int64 `json:"limits,omitempty"`
	BareLF bool             `json:"bare_lf,omitempty"` // the server ends lines with LF alone, against RFC 5321 section 2.3.8

	// Injection is what the server does with a command that is sent in one piece
	// with STARTTLS, only where that was tested.
	Injection InjectionResult `json:"injection,omitempty"`

	Transcript []Line `json:"transcript,omitempty"` // the redacted conversation, only when asked for
}

// InjectionResult is what a server does with a command that is sent in front of
// the TLS handshake (RFC 3207 section 6).
type InjectionResult string

// The results. Only the first one is dangerous (CVE-2011-0411).
const (
	InjectionExecuted  InjectionResult = "executed"  // it is answered under TLS, as if it had been said there
	InjectionDiscarded InjectionResult = "discarded" // it is dropped
	InjectionRejected  InjectionResult = "rejected"  // the server refuses STARTTLS or the handshake for it
)

// Line is one line of a conversation, bounded and without secrets.
type Line struct {
	AfterMS int64  `json:"after_ms"` // milliseconds since the connection stood
	From    Side   `json:"from"`
	Text    string `json:"text"`
}

// Side says whose line it is.
type Side string

// The sides of a conversation.
const (
	Client Side = "client"
	Server Side = "server"
	Aside  Side = "aside" // what happened beside the conversation, such as a TLS handshake
)

// String gives the line as "C: ", "S: " or "*: " and the text.
func (l Line) String() string {
	return map[Side]string{Client: "C: ", Server: "S: ", Aside: "*: "}[l.From] + l.Text
}

// BothWays holds a list as it was before the connection was encrypted and
// after. With implicit TLS there is no before. A list that was not asked for is
// null, one that was empty is [].
type BothWays struct {
	BeforeTLS []string `json:"before_tls"`
	AfterTLS  []string `json:"after_tls"`
}

// AuthFacts are what came of an attempt to sign in.
type AuthFacts struct {
	Mechanism string `json:"mechanism"` // SASL name in lower case; "login" also for IMAP LOGIN, "user" for POP3 USER and PASS
	Username  string `json:"username"`
	Reply     string `json:"reply,omitempty"` // the server's last words, secrets removed

	// Challenge is what a server says of a refused token before its last words: JSON with status, schemes and scope (RFC 7628 section 3.2.2).
	Challenge string `json:"challenge,omitempty"`
	// ServerProof says whether the server proved that it knows the password too, which only SCRAM asks of it (RFC 5802 section 3).
	ServerProof Fact `json:"server_proof,omitzero"`
}

// MailboxFacts are what a mailbox holds, and what its server does with it.
type MailboxFacts struct {
	Messages int    `json:"messages"`
	Quota    *Quota `json:"quota,omitempty"`

	// Of IMAP.
	ServerID   string      `json:"server_id,omitempty"`  // name and version by the server's own word (RFC 2971)
	Folders    []Folder    `json:"folders,omitempty"`    // those with a use of their own, in the server's order (RFC 6154)
	Namespaces []Namespace `json:"namespaces,omitempty"` // RFC 2342

	// Of POP3.
	StableIDs   Fact `json:"stable_ids,omitzero"`     // messages have names that last (UIDL), so that a program knows which ones it has
	ExpireDays  *int `json:"expire_days,omitempty"`   // how long a message stays once it was read, 0 for not at all; absent where it stays or nothing is said (RFC 2449 section 6.7)
	LoginDelayS int  `json:"login_delay_s,omitempty"` // seconds that must lie between two sign-ins (RFC 2449 section 6.5)
}

// SendFacts are what a submission server said to the envelope of a message that
// was never sent: MAIL and RCPT with one address, then RSET (RFC 5321 section 4.1.1).
type SendFacts struct {
	Sender    string `json:"sender"`               // the address in MAIL and RCPT
	MailReply string `json:"mail_reply"`           // secrets removed
	RcptReply string `json:"rcpt_reply,omitempty"` // "" where MAIL was refused
}

// Folder is a mailbox with a use of its own.
type Folder struct {
	Name string `json:"name"`
	Use  string `json:"use"` // the attribute of RFC 6154 in lower case: sent drafts junk trash archive all flagged
}

// Namespace is where mailboxes of a kind begin.
type Namespace struct {
	Kind      string `json:"kind"` // personal, others, shared
	Prefix    string `json:"prefix"`
	Delimiter string `json:"delimiter"` // "" where there is no hierarchy
}

// Quota is the use of a mailbox and its limit, in bytes (RFC 9208 counts in units of 1024).
type Quota struct {
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"`
}
