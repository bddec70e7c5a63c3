package providers

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mailmedic/mailmedic/mail"
)

//go:embed issuers.txt
var issuersText string

// Issuer is an authorization server whose tokens open mailboxes of providers.
type Issuer struct {
	ID          string
	Name        string // for people
	Also        []string
	Issuer      string // RFC 8414; empty where it names none
	Authorize   string // endpoints
	Token       string
	Device      string // empty where it gives no scopes about mail there
	Scopes      []string
	Redirect    string // what a loopback redirect has to look like; empty where any will do
	NeedsSecret bool   // programs on desktops get a secret, and show it
	Register    string // where a client id is registered
	Notes       []string
	Sources     []string // where it was read: ispdb, help-page, programs
	Checked     string   // YYYY-MM
}

// issuers is read when it is first asked, like the other table.
var issuers = sync.OnceValue(func() []*Issuer {
	rows, _ := parseIssuers(issuersText)
	return rows
})

func parseIssuers(text string) ([]*Issuer, error) {
	return readRows(text, func(id string) *Issuer { return &Issuer{ID: id} }, (*Issuer).set)
}

// set takes one line of a row in.
func (i *Issuer) set(key, value string) error {
	switch key {
	case "name":
		i.Name = value
	case "also":
		i.Also = append(i.Also, strings.Fields(value)...)
	case "issuer":
		i.Issuer = value
	case "authorize":
		i.Authorize = value
	case "token":
		i.Token = value
	case "device":
		i.Device = value
	case "scope":
		i.Scopes = append(i.Scopes, strings.Fields(value)...)
	case "redirect":
		i.Redirect = value
	case "secret":
		i.NeedsSecret = value == "needed"
	case "register":
		i.Register = value
	case "note":
		i.Notes = append(i.Notes, value)
	case "source":
		i.Sources = strings.Fields(value)
	case "checked":
		i.Checked = value
	default:
		return fmt.Errorf("unknown key %q", key)
	}
	return nil
}

// ByIssuer gives the authorization server of a name: its id, another name of it
// in whatever case, or the issuer as a document may write it, with or without
// https:// and a final slash. It gives nil where none is known.
func ByIssuer(name string) *Issuer {
	name = strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(name), "https://"), "/")
	i := slices.IndexFunc(issuers(), func(i *Issuer) bool { return i.ID == name || slices.Contains(i.Also, name) })
	if name == "" || i < 0 {
		return nil
	}
	return issuers()[i]
}

// IssuerNames gives the ids of all authorization servers, sorted.
func IssuerNames() []string {
	var names []string
	for _, i := range issuers() {
		names = append(names, i.ID)
	}
	return names
}

// Claim gives the facts in the form of a claim.
func (i *Issuer) Claim() *mail.OAuth {
	return &mail.OAuth{
		Issuer: i.Issuer, AuthURL: i.Authorize, TokenURL: i.Token, DeviceURL: i.Device,
		Scopes: slices.Clone(i.Scopes),
	}
}
