package oauth

import (
	"slices"
	"strings"
)

// Advice is what a refusal means, and what to do about it.
type Advice struct {
	Title string // one line, without the server's words
	Fix   string
	Actor string // who can do it
}

// Who acts.
const (
	actorUser  = "you"
	actorOwner = "whoever registered the client id"
	actorAdmin = "an administrator of the organisation"
	actorThem  = "the provider"
)

// known is one refusal: its codes (RFC 6749, RFC 8628, OpenID Connect Core
// section 3.1.2.6 and those that providers made up), and parts of descriptions
// that say more than the code; Microsoft puts a number into all of its own.
type known struct {
	codes []string
	parts []string
	Advice
}

// refusals are looked through in this order: descriptions first, since they are
// more exact than the code that they come with.
func refusals() []known {
	return []known{
		{
			parts: []string{"aadsts65001", "aadsts90094", "aadsts90095", "admin consent"},
			codes: []string{"consent_required", "admin_policy_enforced"},
			Advice: Advice{
				"the organisation has not agreed that this program may read mail",
				"An administrator gives consent for the client id, for the scopes about mail (Microsoft Entra: Enterprise applications, Permissions; Google Workspace: API controls).", actorAdmin,
			},
		},
		{
			parts: []string{"aadsts7000218"},
			Advice: Advice{
				"the client id is registered as one with a secret",
				"Allow public client flows in the registration of the client id, or give its secret with --client-secret-file.", actorOwner,
			},
		},
		{
			parts: []string{"aadsts50011", "redirect_uri", "redirect uri"},
			codes: []string{"redirect_uri_mismatch"},
			Advice: Advice{
				"the redirect to this computer is not registered for the client id",
				"Register {redirect} for a desktop program (any port), or give the one that is registered with --redirect.", actorOwner,
			},
		},
		{
			parts: []string{"aadsts700016", "aadsts50194", "aadsts900561"},
			Advice: Advice{
				"the client id is not known to this organisation",
				"Register the client id for accounts in any organisation, or name the organisation's own server with --issuer.", actorOwner,
			},
		},
		{
			parts: []string{"aadsts53003", "aadsts53000", "aadsts50105"},
			Advice: Advice{
				"a rule of the organisation (conditional access) refuses this sign-in",
				"An administrator looks the sign-in up in the sign-in logs, where the rule is named.", actorAdmin,
			},
		},
		{
			codes: []string{"access_denied", "authorization_declined"},
			Advice: Advice{
				"the sign-in was declined",
				"Somebody pressed \"no\" or \"cancel\", or the provider's rules did: run the command again and agree; if you did agree, ask an administrator whether this client id is allowed.", actorUser,
			},
		},
		{
			codes: []string{"expired_token", "code_expired"},
			Advice: Advice{
				"the code was not typed in in time",
				"Run the command again, and type the new code in before it expires.", actorUser,
			},
		},
		{
			codes: []string{"invalid_client", "deleted_client", "disabled_client"},
			Advice: Advice{
				"the server does not know the client id, or its secret is missing or wrong",
				"Compare --client-id with the registration, and --client-secret-file where the provider gave a secret.", actorUser,
			},
		},
		{
			codes: []string{"invalid_grant", "bad_verification_code"},
			Advice: Advice{
				"the server does not take the answer of the sign-in any more",
				"Look at this computer's clock, which must be right to a few minutes; then run the command again. If it stays so, the consent was revoked or the code was used twice.", actorUser,
			},
		},
		{
			codes: []string{"unauthorized_client", "org_internal"},
			Advice: Advice{
				"the client id may not be used in this way, or not by this account",
				"In the registration of the client id, allow the device flow or desktop programs, and accounts outside its own organisation; an administrator may have to allow it too.", actorOwner,
			},
		},
		{
			codes: []string{"unsupported_grant_type", "unsupported_response_type"},
			Advice: Advice{
				"the server does not have this way to sign in",
				"Take the other one: --browser or --device.", actorUser,
			},
		},
		{
			codes: []string{"invalid_scope"},
			Advice: Advice{
				"the server does not know a scope, or does not give it to this client id",
				"Allow the scopes about mail in the registration of the client id, or name others with --scope.", actorOwner,
			},
		},
		{
			codes: []string{"invalid_request", "invalid_target"},
			Advice: Advice{
				"the server misses something in the question",
				"Its own words say what; often the client id is registered for another kind of program.", actorOwner,
			},
		},
		{
			codes: []string{"login_required", "interaction_required", "account_selection_required"},
			Advice: Advice{
				"the server wants another sign-in first",
				"Sign in on the provider's web site, answer what it asks, and run the command again.", actorUser,
			},
		},
		{
			codes:  []string{"server_error", "temporarily_unavailable"},
			Advice: Advice{"the server has a fault of its own", "Try again later.", actorThem},
		},
		{
			codes: []string{mixUp},
			Advice: Advice{
				"the answer comes from another server than the one that was asked",
				"Do not go on with this sign-in. If --issuer was given, compare it with what the provider documents.", actorUser,
			},
		},
	}
}

// Advice gives what a refusal means. What nobody knows keeps the server's words
// and gets no more than that.
func (r *Refusal) Advice() Advice {
	code, words := strings.ToLower(r.Code), strings.ToLower(r.Description)
	list := refusals()
	for _, k := range list {
		if slices.ContainsFunc(k.parts, func(part string) bool { return strings.Contains(words, part) }) {
			return k.Advice
		}
	}
	for _, k := range list {
		if slices.Contains(k.codes, code) {
			return k.Advice
		}
	}
	if r.Status >= 500 {
		return Advice{"the server has a fault of its own", "Try again later.", actorThem}
	}
	return Advice{"the server gives no token", "Its own words say why; the provider's help pages may know them.", actorThem}
}
