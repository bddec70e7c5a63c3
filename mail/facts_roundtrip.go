package mail

import "time"

// Submission is what came of the one test message that a run was asked to send
// to its own address.
type Submission struct {
	MessageID string    `json:"message_id"`      // random; it stands in the logs of every server on the way
	Reply     string    `json:"reply,omitempty"` // the server's last, to the message or to DATA; secrets removed; "" where none came
	At        time.Time `json:"at,omitzero"`     // when the server took the message over; absent where it did not
	CameBack  Fact      `json:"came_back"`       // it was seen in the mailbox, whatever the folder
}

// ArrivalFacts are what became of a test message in the mailbox. Nothing but
// the test message is changed, and nothing is marked as read.
type ArrivalFacts struct {
	Arrived   Fact   `json:"arrived"`
	ArrivedMS int64  `json:"arrived_ms,omitempty"` // from the submission server's taking it over to its being seen here
	WaitedMS  int64  `json:"waited_ms"`            // for how long it was looked for
	Folder    string `json:"folder,omitempty"`     // where it was found; INBOX for the inbox
	FolderUse string `json:"folder_use,omitempty"` // of another folder: junk all archive
	Junk      Fact   `json:"junk"`                 // it was filed as junk

	Hops           []Hop           `json:"hops,omitempty"` // in the order of travel, as the servers stamped them
	Authentication *Authentication `json:"authentication,omitempty"`

	Kept    bool       `json:"kept,omitempty"`    // it was meant to stay
	Removed Fact       `json:"removed"`           // it is gone again; not known where it was not tried
	Remains string     `json:"remains,omitempty"` // where it still is, and why, in words
	Copies  []TestCopy `json:"copies,omitempty"`  // what a server had filed beside it
}

// TestCopy is a copy of a test message that a server filed by itself.
type TestCopy struct {
	Folder  string `json:"folder"`
	Removed Fact   `json:"removed"`
}

// Hop is one server on the way of a message, by its own stamp (RFC 5321 section
// 4.4). Every word of it is that server's claim, and its clock may be wrong.
type Hop struct {
	From string    `json:"from,omitempty"` // how the client called itself
	By   string    `json:"by,omitempty"`
	With string    `json:"with,omitempty"` // the protocol, RFC 3848: ESMTPSA, LMTP
	At   time.Time `json:"at,omitzero"`    // absent where the stamp has no time that can be read

	// DelayMS is how much later than the stamp before it this one is, to the
	// second; for the first stamp than the beginning of the transmission here.
	// It is negative where the clocks differ.
	DelayMS int64 `json:"delay_ms"`
}

// Authentication is what the receiving side found about the sender, by the
// topmost Authentication-Results (RFC 8601).
type Authentication struct {
	Server  string       `json:"server,omitempty"` // who says so
	Results []AuthResult `json:"results"`          // in the server's order
}

// AuthResult is the outcome of one method.
type AuthResult struct {
	Method string `json:"method"`           // spf dkim dmarc arc …
	Result string `json:"result"`           // pass fail softfail neutral none temperror permerror …
	Domain string `json:"domain,omitempty"` // whose
}
