package mail

import "encoding/json"

// Setting is what a person types into a mail program, with how well it is proved.
type Setting struct {
	Endpoint  Endpoint
	Role      Role     // Incoming or Outgoing
	Username  string   // the user name to sign in with
	Auth      []string // SASL names in lower case, what can be used first: live once probed, as published before
	Proof     Proof
	Sources   []Source
	Trust     Trust
	Preferred bool // the one setting of its role to use
}

type settingJSON struct {
	Role      Role     `json:"role"`
	Protocol  Protocol `json:"protocol"`
	Host      string   `json:"host"`
	Port      uint16   `json:"port"`
	Security  Security `json:"security"`
	Username  string   `json:"username"`
	Auth      []string `json:"auth"`
	Proof     Proof    `json:"proof"`
	Sources   []Source `json:"sources"`
	Trust     Trust    `json:"trust"`
	Preferred bool     `json:"preferred"`
	Endpoint  Endpoint `json:"endpoint"`
}

// MarshalJSON writes the endpoint both as text and in parts.
func (s Setting) MarshalJSON() ([]byte, error) {
	e := s.Endpoint
	return json.Marshal(settingJSON{
		s.Role, e.Protocol, e.Host, e.Port, e.Security, s.Username,
		nonNil(s.Auth), s.Proof, nonNil(s.Sources), s.Trust, s.Preferred, e,
	})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Setting) UnmarshalJSON(data []byte) error {
	var j settingJSON
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	*s = Setting{j.Endpoint, j.Role, j.Username, j.Auth, j.Proof, j.Sources, j.Trust, j.Preferred}
	return nil
}

// nonNil makes an absent list print as [] and not as null.
func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
