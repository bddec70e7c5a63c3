package check

import (
	"reflect"

	"github.com/mailmedic/mailmedic/mail"
)

// clean removes the secret from all that a server could have echoed: every
// string of an observation but those that are ours.
func clean(r *mail.Redactor, o mail.Observation) mail.Observation {
	if r.Empty() {
		return o
	}
	cleaned := cleanValue(r, reflect.ValueOf(o)).Interface().(mail.Observation)
	cleaned.ID, cleaned.Subject, cleaned.Address = o.ID, o.Subject, o.Address
	if o.AuthFacts != nil {
		cleaned.Username = o.Username
	}
	return cleaned
}

// cleanValue gives a copy of v without the secret. The words of our own
// vocabulary have types of their own and stay as they are.
func cleanValue(r *mail.Redactor, v reflect.Value) reflect.Value {
	copied := reflect.New(v.Type()).Elem()
	copied.Set(v)
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[string]() {
			copied.SetString(r.Clean(v.String()))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			copied.Set(reflect.New(v.Type().Elem()))
			copied.Elem().Set(cleanValue(r, v.Elem()))
		}
	case reflect.Slice:
		if !v.IsNil() {
			copied.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				copied.Index(i).Set(cleanValue(r, v.Index(i)))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				copied.Field(i).Set(cleanValue(r, v.Field(i)))
			}
		}
	default: // numbers, and maps whose keys and values are ours
	}
	return copied
}
