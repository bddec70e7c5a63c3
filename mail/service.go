package mail

// Service is something beside mail access that a domain publishes, such as
// JMAP, ManageSieve, CalDAV or CardDAV. It is carried along and never probed.
type Service struct {
	Type     string   `json:"type"`          // jmap, managesieve, caldav, carddav …
	URL      string   `json:"url,omitempty"` // for what is reached over the web
	Host     string   `json:"host,omitempty"`
	Port     uint16   `json:"port,omitempty"`
	Security Security `json:"security,omitempty"`
	Source   Source   `json:"source"`
	Trust    Trust    `json:"trust"`
	Evidence []string `json:"evidence,omitempty"` // ids of observations
}
