package mail

// Provider is what mailmedic knows of a mail provider beyond its servers. It
// informs the rules; the servers themselves are claims of candidates.
type Provider struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	NoServers   bool     `json:"no_servers,omitempty"`   // no IMAP, POP3 or submission for anybody
	AppPassword bool     `json:"app_password,omitempty"` // the account's own password is refused, an app password is needed
	OAuthOnly   bool     `json:"oauth_only,omitempty"`   // no password works at all
	MustEnable  bool     `json:"must_enable,omitempty"`  // the user switches IMAP or POP3 on first
	EnableURL   string   `json:"enable_url,omitempty"`   // where
	Website     string   `json:"website,omitempty"`
	Docs        []string `json:"docs,omitempty"`
	Checked     string   `json:"checked,omitempty"` // when these facts were last looked at, YYYY-MM
}
