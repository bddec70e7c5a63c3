package mail

// SessionFacts are what a mail server said of itself.
type SessionFacts struct {
	Greeting     string   `json:"greeting,omitempty"`
	GreetingMS   int64    `json:"greeting_ms,omitempty"` // from the connection (or the end of the implicit handshake) to the greeting's first byte
	Capabilities BothWays `json:"capabilities"`
	Mechanisms   BothWays `json:"mechanisms"`
	Software     string   `json:"software,omitempty"`    // a guess by what the server says of itself
	SoftwareID   string   `json:"software_id,omitempty"` // name and version by the server's own word: IMAP ID (RFC 2971), asked only where nobody signs in, or IMPLEMENTATION of POP3 (RFC 2449 section 6.9)
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
