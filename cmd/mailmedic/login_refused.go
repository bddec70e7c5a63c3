package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/oauth"
	"github.com/mailmedic/mailmedic/report"
)

// The exit codes of login that are not those of every command.
const (
	exitRefused      = 1 // the server, or the person
	exitInconclusive = 3
	exitNothing      = 4
)

// tellLogin says why there is no token, and gives the exit code.
func tellLogin(ctx context.Context, s *streams, v *signInServer, o *loginOptions, err error) error {
	var usage usageError
	var verdict verdictError
	if errors.As(err, &usage) || errors.As(err, &verdict) {
		return err
	}
	if ctx.Err() != nil {
		return verdictError{exitInterrupted}
	}
	if errors.Is(err, oauth.ErrRedirect) {
		return usagef("--redirect: %w", err)
	}
	name := "the authorization server"
	if v != nil {
		name = v.Name
	}
	var nowhere errNoServer
	if errors.As(err, &nowhere) {
		fmt.Fprintf(s.err, "mailmedic: %s.\n", nowhere)
		if nowhere.unheard {
			return verdictError{exitInconclusive}
		}
		return verdictError{exitNothing}
	}
	if errors.Is(err, errPatience) {
		fmt.Fprintf(s.err, "mailmedic: nobody signed in within %s; --timeout gives more time.\n", inMinutes(o.network.timeout))
		return verdictError{exitInconclusive}
	}
	if refused, ok := errors.AsType[*oauth.Refusal](err); ok {
		tellRefusal(s, name, o, v, refused)
		return verdictError{exitRefused}
	}
	if failed, ok := errors.AsType[*oauth.Failed](err); ok {
		fmt.Fprintf(s.err, "mailmedic: %s could not be asked at %s: %s (%s).\n", name, report.Clean(failed.At, false), report.Clean(failed.Detail, false), failed.Class)
		return verdictError{failureCode(failed.Class)}
	}
	fmt.Fprintf(s.err, "mailmedic: no token from %s: %s.\n", name, report.Clean(err.Error(), false))
	return verdictError{exitRefused}
}

// failureCode tells what the network keeps from answering from what a server
// answers wrongly.
func failureCode(class mail.Class) int {
	switch class {
	case mail.HTTPStatus, mail.HTTPBody, mail.TooLarge, mail.ProtocolFault, mail.PolicyRefused,
		mail.CertExpired, mail.CertNotYetValid, mail.CertName, mail.CertUntrusted, mail.CertChain:
		return exitRefused
	}
	return exitInconclusive
}

// tellRefusal prints a refusal like a finding.
func tellRefusal(s *streams, name string, o *loginOptions, v *signInServer, refused *oauth.Refusal) {
	advice := refused.Advice()
	fmt.Fprintf(s.err, "\nmailmedic: no token from %s: %s.\n\n", name, advice.Title)
	if said := refusalWords(refused); said != "" {
		fmt.Fprintf(s.err, "  Server said  %s\n", said)
	}
	fix := strings.ReplaceAll(advice.Fix, "{redirect}", registeredRedirect(o, v))
	fmt.Fprintf(s.err, "  Who acts     %s\n  Fix          %s\n", advice.Actor, strings.Join(report.Wrap(fix, s.width()-15, 0), "\n               "))
}

// refusalWords gives what the server said, fit for a terminal.
func refusalWords(r *oauth.Refusal) string {
	words := r.Code
	if r.Description != "" {
		words += ": " + r.Description
	}
	if words == "" && r.Status != 0 {
		words = fmt.Sprintf("HTTP %d, without a reason", r.Status)
	}
	if r.Page != "" {
		words += " (" + r.Page + ")"
	}
	return report.Clean(strings.TrimPrefix(words, ": "), false)
}

// registeredRedirect says what has to be registered, without the port that is free today.
func registeredRedirect(o *loginOptions, v *signInServer) string {
	switch {
	case o.redirect != "":
		return o.redirect
	case v != nil && v.known != nil && v.known.Redirect != "":
		return v.known.Redirect
	}
	return "http://127.0.0.1/"
}
