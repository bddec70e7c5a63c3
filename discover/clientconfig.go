package discover

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	textunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/mailmedic/mailmedic/mail"
)

// clientConfig is what an autoconfig document says that mailmedic can use.
type clientConfig struct {
	id, name  string
	enableURL string // where the user switches mail programs on first
	servers   []server
}

// server is one server of a document.
type server struct {
	endpoint mail.Endpoint
	username string   // empty where the document does not say
	auth     []string // SASL names in lower case, in the document's order
}

// errNotConfig is the answer to whatever is not an autoconfig document, such
// as the web page that many hosts show for every path.
var errNotConfig = errors.New("not a mail configuration")

// The elements that are read. Each is a list: where a document repeats one the
// first counts, as in Thunderbird.
type (
	configXML struct {
		Providers []providerXML `xml:"emailProvider"`
	}
	providerXML struct {
		ID       string      `xml:"id,attr"`
		Names    []string    `xml:"displayName"`
		Enable   []enableXML `xml:"enable"`
		Incoming []serverXML `xml:"incomingServer"`
		Outgoing []serverXML `xml:"outgoingServer"`
	}
	enableXML struct {
		URL string `xml:"visiturl,attr"`
	}
	serverXML struct {
		Type      string   `xml:"type,attr"`
		Hosts     []string `xml:"hostname"`
		Ports     []string `xml:"port"`
		Sockets   []string `xml:"socketType"`
		Usernames []string `xml:"username"`
		Auth      []string `xml:"authentication"`
	}
)

// parseAutoconfig reads an autoconfig document, draft-ietf-mailmaint-autoconfig.
// Unknown elements, values and versions are ignored, and so is a server that
// lacks what it needs; the rest of the document stands. Placeholders are filled
// in from the target. On error the document is nothing.
func parseAutoconfig(body []byte, t mail.Target) (clientConfig, error) {
	decoder := newDecoder(body)
	root, err := rootElement(decoder)
	if err != nil || root.Name.Local != "clientConfig" {
		return clientConfig{}, errNotConfig
	}
	var doc configXML
	if err := decoder.DecodeElement(&doc, &root); err != nil {
		return clientConfig{}, fmt.Errorf("a mail configuration with broken XML: %w", err)
	}
	var config clientConfig
	for i, p := range doc.Providers {
		if i == 0 {
			config.id, config.name, config.enableURL = plainText(p.ID), plainText(first(p.Names)), webURL(p.Enable)
		}
		for _, x := range slices.Concat(ofType(p.Incoming, mail.Incoming), ofType(p.Outgoing, mail.Outgoing)) {
			if srv, ok := x.server(t); ok && len(config.servers) < maxTargets {
				config.servers = append(config.servers, srv)
			}
		}
	}
	return config, nil
}

// newDecoder reads any charset that the declaration or a byte order mark
// names. Definitions of a DTD are skipped, and an entity from one is an error.
func newDecoder(body []byte) *xml.Decoder {
	marked := false
	for _, mark := range []string{"\xef\xbb\xbf", "\xfe\xff", "\xff\xfe"} {
		marked = marked || bytes.HasPrefix(body, []byte(mark))
	}
	text := textunicode.BOMOverride(encoding.Nop.NewDecoder())
	decoder := xml.NewDecoder(transform.NewReader(bytes.NewReader(body), text))
	decoder.CharsetReader = func(label string, input io.Reader) (io.Reader, error) {
		if marked {
			return input, nil // converted already
		}
		return charset.NewReaderLabel(label, input)
	}
	return decoder
}

func rootElement(decoder *xml.Decoder) (xml.StartElement, error) {
	for {
		token, err := decoder.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := token.(xml.StartElement); ok {
			return start, nil
		}
	}
}

// ofType gives the servers whose type mailmedic speaks and that stand in the
// element of its role.
func ofType(list []serverXML, role mail.Role) []serverXML {
	return slices.DeleteFunc(slices.Clone(list), func(x serverXML) bool {
		p := x.protocol()
		return p == "" || submissionRole(p) != role
	})
}

func (x serverXML) protocol() mail.Protocol {
	switch p := mail.Protocol(strings.ToLower(strings.TrimSpace(x.Type))); p {
	case mail.IMAP, mail.POP3, mail.SMTP:
		return p
	default: // ews, owa, graph, jmap … are for other programs
		return ""
	}
}

// server gives the server if all that a client needs is there and known.
func (x serverXML) server(t mail.Target) (server, bool) {
	host, err := parseHost(fillIn(first(x.Hosts), t))
	port, portErr := strconv.ParseUint(first(x.Ports), 10, 16)
	security, known := socketSecurity(first(x.Sockets))
	auth := saslNames(x.Auth)
	if err != nil || portErr != nil || port == 0 || !known || len(auth) == 0 && len(x.Auth) > 0 {
		return server{}, false
	}
	return server{
		endpoint: mail.Endpoint{Protocol: x.protocol(), Security: security, Host: host, Port: uint16(port)},
		username: fillIn(plainText(first(x.Usernames)), t),
		auth:     auth,
	}, true
}

// socketSecurity reads a socketType. What is unknown is never taken for plain.
func socketSecurity(socketType string) (mail.Security, bool) {
	switch strings.ToLower(socketType) {
	case "ssl", "tls", "ssl/tls":
		return mail.TLS, true
	case "starttls":
		return mail.StartTLS, true
	case "plain":
		return mail.None, true
	default:
		return "", false
	}
}

// saslNames translates a list of authentication elements; what is unknown is skipped.
func saslNames(list []string) []string {
	var names []string
	for _, text := range list {
		if name := saslName(strings.TrimSpace(text)); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func saslName(authentication string) string {
	switch strings.ToLower(authentication) {
	case "password-cleartext", "plain":
		return "plain"
	case "password-encrypted", "secure":
		return "cram-md5"
	case "oauth2", "oauth":
		return "oauth2"
	case "tls-client-cert":
		return "external"
	case "ntlm", "gssapi", "client-ip-address", "none":
		return strings.ToLower(authentication)
	default:
		return ""
	}
}

// maxText bounds names and user names from a document, in bytes. The longest
// address has 254 (RFC 5321 section 4.5.3.1.3).
const maxText = 320

// plainText gives text that can be a name, and "" for what cannot.
func plainText(text string) string {
	text = strings.TrimSpace(text)
	if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
		return ""
	}
	return text
}

// webURL gives the first address of a web page, and "" where there is none.
func webURL(list []enableXML) string {
	for _, e := range list {
		u, err := url.Parse(strings.TrimSpace(e.URL))
		if err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") {
			return u.String()
		}
	}
	return ""
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return strings.TrimSpace(list[0])
}
