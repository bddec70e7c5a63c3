package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/oauth"
	"github.com/mailmedic/mailmedic/report"
	"github.com/mailmedic/mailmedic/wire"
)

// A grant is a token, and how it was asked for.
type grant struct {
	oauth.Grant
	asked []string // scopes
	flow  string   // browser or device
}

// signIn finds the server and lets the person sign in there. The server is given
// with an error too, once it is known.
func (o *loginOptions) signIn(ctx context.Context, s *streams, network *wire.Network, who signer) (*signInServer, grant, error) {
	server, err := o.findServer(ctx, s, network, who)
	if err != nil {
		return nil, grant{}, err
	}
	client, err := o.client(ctx, s, server)
	if err != nil {
		return server, grant{}, err
	}
	defer client.Secret.Wipe()
	if o.device || !o.browser && s.browser == nil {
		server.describeDevices(ctx, network)
	}
	flow, err := o.flow(s, server)
	if err != nil {
		return server, grant{}, err
	}
	at, err := o.redirectFor(server)
	if err != nil {
		return server, grant{}, err
	}
	if err := o.consent(ctx, s, server, who.target); err != nil {
		return server, grant{}, err
	}
	request := oauth.Request{
		Server: server.Server, Client: client, Scopes: o.scopesFor(server),
		Hint: o.hintFor(who), Web: network.Conversation(),
	}
	got := grant{asked: request.Scopes, flow: flow}
	show := shower{s, server.title(), who.shown, o.noOpen, o.network.timeout}
	if flow == flowDevice {
		got.Grant, err = request.Device(ctx, show.code)
	} else {
		got.Grant, err = request.Browser(ctx, at, show.page)
	}
	return server, got, err
}

// hintFor gives who the provider is told will sign in.
func (o *loginOptions) hintFor(who signer) string {
	if o.hinted != nil && o.hinted() {
		return o.hint
	}
	return who.account
}

// client gives what the user registered. Without an id it says where to get one.
func (o *loginOptions) client(ctx context.Context, s *streams, v *signInServer) (oauth.Client, error) {
	id := cmp.Or(o.clientID, s.env(clientVariable))
	if id == "" {
		return oauth.Client{}, usagef("%s wants to know which program asks, and mailmedic has no client id of its own.\n%s\nGive it with --client-id ID, or in %s.",
			v.Name, v.howToRegister(), clientVariable)
	}
	client := oauth.Client{ID: id}
	if o.secretFile != "" {
		raw, err := readFile(ctx, o.secretFile, "--client-secret-file", onlyOurs)
		if err != nil {
			return client, err
		}
		client.Secret = mail.NewSecret(oneLineLess(raw))
		clear(raw)
		if client.Secret.IsZero() {
			return client, usagef("--client-secret-file: %s is empty", o.secretFile)
		}
	} else if v.known != nil && v.known.NeedsSecret {
		fmt.Fprintf(s.err, "mailmedic: %s gives desktop programs a secret with the client id; it may refuse without --client-secret-file.\n", v.Name)
	}
	return client, ctx.Err()
}

// title names the server, and who says that it is the one, where that is neither
// the user nor common knowledge.
func (v *signInServer) title() string {
	if v.Source == mail.SourceUser || v.known != nil {
		return v.Name
	}
	return fmt.Sprintf("%s (named by %s)", v.Name, v.Source)
}

// howToRegister says where a client id comes from.
func (v *signInServer) howToRegister() string {
	if v.known == nil {
		return fmt.Sprintf("Whoever runs %s registers one, as a desktop program (public client) with the redirect http://127.0.0.1/.", v.Name)
	}
	lines := []string{"Ask the provider for one."}
	if v.known.Register != "" {
		lines[0] = "Register one at " + v.known.Register + "."
	}
	return strings.Join(append(lines, v.known.Notes...), "\n")
}

// The flows.
const (
	flowDevice  = "device"
	flowBrowser = "browser"
)

// flow decides how the person signs in: as the flags say, else with a browser
// where one can be opened for somebody who looks, else with a code.
func (o *loginOptions) flow(s *streams, v *signInServer) (string, error) {
	noBrowser, noDevice := v.CanBrowse(), v.CanDevice()
	watched := s.browser != nil && s.canPrompt
	switch {
	case o.device && noDevice != "":
		return "", usagef("--device: not at %s: %s%s", v.Name, noDevice, v.notes())
	case o.device:
		return flowDevice, nil
	case (o.browser || o.noOpen) && noBrowser != "":
		return "", usagef("--browser: not at %s: %s", v.Name, noBrowser)
	case o.browser, o.noOpen, noBrowser == "" && watched:
		return flowBrowser, nil
	case noDevice == "":
		return flowDevice, nil
	case noBrowser == "":
		return flowBrowser, nil
	}
	return "", usagef("there is no way to sign in at %s: with a browser, %s; with a code, %s", v.Name, noBrowser, noDevice)
}

// notes gives what the table says of the provider, as sentences to add.
func (v *signInServer) notes() string {
	if v.known == nil || len(v.known.Notes) == 0 {
		return ""
	}
	return "\n" + strings.Join(v.known.Notes, "\n")
}

// redirectFor gives the redirect: the user's, or one that the provider takes.
func (o *loginOptions) redirectFor(v *signInServer) (oauth.Redirect, error) {
	text := o.redirect
	if text == "" && v.known != nil {
		text = v.known.Redirect
	}
	if text == "" {
		return oauth.DefaultRedirect(), nil
	}
	at, err := oauth.ParseRedirect(text)
	if err != nil {
		return at, usagef("--redirect: %w", err)
	}
	return at, nil
}

// A shower tells the person where to sign in, on standard error.
type shower struct {
	*streams
	name     string // of the server
	who      string
	noOpen   bool
	patience time.Duration
}

func (w shower) begin() string {
	text := "Sign in to " + w.name
	if w.who != "" {
		text += " as " + report.Clean(w.who, false)
	}
	return text
}

// code shows what to type in where.
func (w shower) code(c oauth.Code) {
	fmt.Fprintf(w.err, "%s, on any device:\n\n  Open   %s\n  Type   %s\n\n", w.begin(), report.Clean(c.Page, false), report.Clean(c.User, false))
	if c.Direct != "" && c.Direct != c.Page {
		fmt.Fprintf(w.err, "Or open %s\n\n", report.Clean(c.Direct, false))
	}
	left := min(time.Until(c.Expires), w.patience)
	fmt.Fprintf(w.err, "Never type in a code that somebody sent you: it signs in whoever asked for it.\nWaiting for up to %s (Ctrl-C ends it) …\n", inMinutes(left))
}

// page shows the address, and opens it where that is possible.
func (w shower) page(page string) {
	opened := false
	if !w.noOpen && w.browser != nil {
		opened = w.browser(page) == nil
	}
	how := ", in a browser on this computer:"
	if opened {
		how = ". A browser opens; if none does, open this address on this computer:"
	}
	words := strings.Join(report.Wrap(w.begin()+how, w.width(), 0), "\n")
	fmt.Fprintf(w.err, "%s\n\n%s\n\nWaiting for up to %s (Ctrl-C ends it) …\n", words, report.Clean(page, false), inMinutes(w.patience))
}

// inMinutes writes a duration as people do.
func inMinutes(d time.Duration) string {
	switch minutes := int(d.Round(time.Minute) / time.Minute); {
	case d < 90*time.Second:
		return fmt.Sprintf("%d seconds", int(d.Round(time.Second)/time.Second))
	case minutes < 120:
		return fmt.Sprintf("%d minutes", minutes)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Round(time.Hour)/time.Hour))
	}
	return fmt.Sprintf("%d days", int(d.Round(24*time.Hour)/(24*time.Hour)))
}
