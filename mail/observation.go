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
	//	         for a further handshake that only finds out what the server can do, with /survey for many
	//	session  session:imaps://imap.example.com:993;
	//	         session:imaps://imap.example.com:993#192.0.2.2 at a further address of the host
	//	auth     auth:imaps://imap.example.com:993/plain/anna@example.com
	//	mailbox  mailbox:imaps://imap.example.com:993; with /test after it for the wait for a test message
	//	send     send:smtps://smtp.example.com:465; with /test after it for a test message,
	//	         which has a session of its own
	//
	// What was seen of a control host has "control:" in front of that.
	ID      string `json:"id"`
	Kind    Kind   `json:"kind"`
	Subject string `json:"subject"` // what it is about: a DNS name, a URL, or an endpoint in text form

	Address string    `json:"address,omitempty"` // the peer's IP address
	At      time.Time `json:"at,omitzero"`       // when it began
	TookMS  int64     `json:"took_ms"`           // milliseconds
	Failure *Failure  `json:"failure,omitempty"`
	Source  Source    `json:"source,omitempty"` // for which source of settings it was asked
	Notes   []string  `json:"notes,omitempty"`  // what was passed over in it, and why

	// Control marks what was seen of a control host: a well-known server that
	// has nothing to do with the target and was asked to tell a fault of the
	// servers from one of the way to them.
	Control bool `json:"control,omitempty"`
	// ClockMS is how far the peer's clock is ahead of this computer's, in
	// milliseconds, negative where it is behind; nil where it did not tell the
	// time. It comes from a Date header (RFC 9110 section 6.6.1) or a greeting.
	ClockMS *int64 `json:"clock_ms,omitempty"`

	*DNSFacts
	*HTTPFacts
	*DialFacts
	*TLSFacts
	*SessionFacts
	*AuthFacts
	*MailboxFacts
	*SendFacts
	*ArrivalFacts
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

// DialFacts say from where a connection was tried, where that is not simply this
// computer, and how long it took a program that tries several addresses.
type DialFacts struct {
	Via       string `json:"via,omitempty"`        // the SOCKS proxy, as socks5://host:port
	ViaFailed bool   `json:"via_failed,omitempty"` // the proxy is to blame, and nothing is known of the server
	From      string `json:"from,omitempty"`       // the source address that was bound

	// RacedMS is the time from the first attempt at any address of the host to this
	// connection, in milliseconds, where several were tried (RFC 8305 section 5).
	RacedMS int64 `json:"raced_ms,omitempty"`
}
