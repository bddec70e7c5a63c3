package oauth

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// Code is what a person types in at a page of the authorization server, RFC 8628
// section 3.2. It is the server's text, bounded and not escaped.
type Code struct {
	User    string    // the code
	Page    string    // an https URL
	Direct  string    // an https URL with the code in it; may be empty
	Expires time.Time // of the code
}

// The bounds of what a server may say of its code.
const (
	maxInterval = 60            // seconds between two questions
	maxLife     = 2 * time.Hour // of a code
	maxUserCode = 100           // bytes
)

// Device gets a token by the device flow. show gets the code that a person has to
// type in. It asks at the pace that the server wants, more slowly after what may
// pass by itself, until there is an answer, the code has expired or ctx ends.
// Errors are as for [Request.Browser].
func (r Request) Device(ctx context.Context, show func(Code)) (Grant, error) {
	known := secrets{r.Client.Secret.Reveal()}
	config := r.config("")
	answer, err := r.askCode(ctx, config)
	if err != nil {
		return Grant{}, explain(ctx, err, "a code for the device flow", r.Server.Device, known)
	}
	known = append(known, answer.DeviceCode)
	code, err := tame(answer)
	if err != nil {
		return Grant{}, err
	}
	show(code)
	token, err := r.poll(ctx, config, answer)
	if err != nil {
		return Grant{}, explain(ctx, err, "a token for the code", r.Server.Token, known)
	}
	return r.grant(token, known)
}

// askCode asks for the codes. The library answers a JSON null with a fault in the
// program, so that is looked for before it sees it.
func (r Request) askCode(ctx context.Context, config *oauth2.Config) (*oauth2.DeviceAuthResponse, error) {
	var options []oauth2.AuthCodeOption
	if !r.Client.Secret.IsZero() && config.Endpoint.AuthStyle == oauth2.AuthStyleInParams {
		options = append(options, oauth2.SetAuthURLParam("client_secret", r.Client.Secret.Reveal()))
	}
	if r.Hint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", r.Hint))
	}
	r.Web = objects{r.Web}
	return config.DeviceAuth(r.over(ctx), options...)
}

// objects lets answers through that are JSON objects, and those that are no success.
type objects struct{ web http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (o objects) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := o.web.RoundTrip(r)
	if err != nil || answer.StatusCode > 299 {
		return answer, err
	}
	body, err := peekBody(answer)
	if err == nil && !strings.HasPrefix(strings.TrimSpace(string(body)), "{") {
		err = errNoObject
	}
	if err != nil {
		return nil, err
	}
	return answer, nil
}

// peekBody reads a body and puts it back. The transport has bounded it.
func peekBody(answer *http.Response) ([]byte, error) {
	body, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return body, err
}

var errNoObject = errors.New("no JSON object")

// tame checks the codes, and puts what the library would trip over within bounds.
// What a person has to see is shown as it is: servers may make the device's code
// longer than the person's by adding to it.
func tame(answer *oauth2.DeviceAuthResponse) (Code, error) {
	switch {
	case answer.DeviceCode == "" || answer.UserCode == "":
		return Code{}, malformed("no code for the device flow (RFC 8628 section 3.2)")
	case strings.Contains(answer.UserCode+answer.VerificationURI, answer.DeviceCode):
		return Code{}, malformed("a code for people that gives the device's away")
	case len(answer.UserCode) > maxUserCode:
		return Code{}, malformed("a code that nobody can type in")
	case CheckURL(withoutFragment(answer.VerificationURI), true) != nil || len(answer.VerificationURI) > maxWords:
		return Code{}, malformed("a page for the code that is not https, or has no end")
	}
	if answer.Interval <= 0 {
		answer.Interval = 5 // RFC 8628 section 3.2
	}
	answer.Interval = min(answer.Interval, maxInterval)
	if latest := time.Now().Add(maxLife); answer.Expiry.IsZero() || answer.Expiry.After(latest) {
		answer.Expiry = latest
	}
	code := Code{User: answer.UserCode, Page: answer.VerificationURI, Expires: answer.Expiry}
	direct := answer.VerificationURIComplete
	if CheckURL(withoutFragment(direct), true) == nil && len(direct) <= maxWords && !strings.Contains(direct, answer.DeviceCode) {
		code.Direct = direct
	}
	return code, nil
}

// withoutFragment gives a URL for a person's browser as far as it matters where it leads.
func withoutFragment(page string) string {
	page, _, _ = strings.Cut(page, "#")
	return page
}

// poll asks for the token. The library keeps the pace; what ends its patience and
// may pass by itself is asked about again, half as often (RFC 8628 section 3.5).
func (r Request) poll(ctx context.Context, config *oauth2.Config, answer *oauth2.DeviceAuthResponse) (*oauth2.Token, error) {
	alive, cancel := context.WithDeadline(ctx, answer.Expiry)
	defer cancel()
	answer.Expiry = time.Time{} // one clock for the end, or the two would race
	for {
		token, err := config.DeviceAccessToken(r.over(alive), answer)
		switch {
		case err == nil:
			return token, nil
		case ctx.Err() == nil && alive.Err() != nil:
			return nil, errExpired
		case ctx.Err() != nil || !passing(err):
			return nil, err
		}
		answer.Interval = min(2*answer.Interval, maxInterval)
	}
}

// passing reports whether an error may be over when asked again.
func passing(err error) bool {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return refused.ErrorCode == "" && status(refused.Response) >= http.StatusInternalServerError ||
			refused.ErrorCode == "temporarily_unavailable"
	}
	if !isTransport(err) {
		return false
	}
	switch wire.Classify(err).Class {
	case mail.Timeout, mail.Reset, mail.Closed, mail.Unreachable, mail.Refused, mail.DNSTimeout, mail.DNSServFail:
		return true
	}
	return false
}

// errExpired says that the code ran out while nobody had typed it in.
var errExpired = errors.New("the code has expired")
