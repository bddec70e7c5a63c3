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
	//	http     the URL
	//	dial     dial:imaps://imap.example.com:993#192.0.2.1 (one for each address tried)
	//	tls      tls:imaps://imap.example.com:993#192.0.2.1
	//	session  session:imaps://imap.example.com:993
	//	auth     auth:imaps://imap.example.com:993/plain/anna@example.com
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
	*TLSFacts
	*SessionFacts
	*AuthFacts
	*MailboxFacts
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

// TLSFacts are what a handshake showed. Handshake and verdict are apart: a
// handshake that ended well with a certificate that must not be believed has
// facts and a Failure.
type TLSFacts struct {
	Version      string        `json:"version,omitempty"` // "TLS 1.3"
	Cipher       string        `json:"cipher,omitempty"`  // the IANA name of the suite
	Group        string        `json:"group,omitempty"`   // the key exchange group
	ServerName   string        `json:"server_name,omitempty"`
	Certificates []Certificate `json:"certificates,omitempty"` // as sent, the server's own first
}

// Certificate is one X.509 certificate as a server sent it.
type Certificate struct {
	Subject    string    `json:"subject"`
	Names      []string  `json:"names"` // DNS names and IP addresses of the subjectAltName
	Issuer     string    `json:"issuer"`
	NotBefore  time.Time `json:"not_before"`
	NotAfter   time.Time `json:"not_after"`
	Key        string    `json:"key"` // "ECDSA P-256", "RSA 2048"
	SelfSigned bool      `json:"self_signed,omitempty"`
}

// SessionFacts are what a mail server said of itself.
type SessionFacts struct {
	Greeting     string   `json:"greeting,omitempty"`
	GreetingMS   int64    `json:"greeting_ms,omitempty"` // from the connection (or the end of the implicit handshake) to the greeting's first byte
	Capabilities BothWays `json:"capabilities"`
	Mechanisms   BothWays `json:"mechanisms"`
	Software     string   `json:"software,omitempty"`
	Transcript   []Line   `json:"transcript,omitempty"` // the redacted conversation, only when asked for
}

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
}

// MailboxFacts are what a mailbox holds.
type MailboxFacts struct {
	Messages int    `json:"messages"`
	Quota    *Quota `json:"quota,omitempty"`
}

// Quota is the use of a mailbox and its limit, in bytes (RFC 9208 counts in units of 1024).
type Quota struct {
	Used  int64 `json:"used"`
	Limit int64 `json:"limit"`
}
