// Command health says what Argo CD and Flux make of an object: Argo CD's scripts run in the Lua that it runs them in,
// Flux's checks in Flux's own packages. It reads one question after the other from standard input, as JSON, and
// answers each with one line.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// question has a script of Argo CD, or expressions of Flux, or neither: then kstatus, which Flux and Helm use, answers.
type question struct {
	Object unstructured.Unstructured         `json:"object"`
	Script string                            `json:"script"`
	Exprs  *kustomize.HealthCheckExpressions `json:"exprs"`
}

type answer struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

func main() {
	if err := answerAll(json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func answerAll(in *json.Decoder, out *json.Encoder) error {
	for {
		var asked question
		if err := in.Decode(&asked); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		said, err := asked.answer()
		if err != nil {
			return err
		}
		if err := out.Encode(said); err != nil {
			return err
		}
	}
}

func (q question) answer() (answer, error) {
	if q.Script != "" {
		return runScript(q.Script, q.Object.Object)
	}
	result, err := q.result()
	if err != nil {
		return answer{}, err
	}
	return answer{Status: string(result.Status), Message: result.Message}, nil
}

func (q question) result() (*status.Result, error) {
	if q.Exprs == nil {
		return status.Compute(&q.Object)
	}
	evaluator, err := cel.NewStatusEvaluator(q.Exprs)
	if err != nil {
		return nil, err
	}
	return evaluator.Evaluate(context.Background(), &q.Object)
}

// runScript opens the libraries that Argo CD opens, without its part of os, which no script of ours uses.
func runScript(script string, object map[string]any) (answer, error) {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	for name, open := range map[string]lua.LGFunction{lua.BaseLibName: lua.OpenBase, lua.TabLibName: lua.OpenTable} {
		state.Push(state.NewFunction(open))
		state.Push(lua.LString(name))
		state.Call(1, 0)
	}
	state.SetGlobal("obj", asLua(state, object))
	if err := state.DoString(script); err != nil {
		return answer{}, err
	}
	said, ok := state.Get(-1).(*lua.LTable)
	if !ok {
		return answer{}, errors.New("the script returned no table")
	}
	text := func(field string) string { return lua.LVAsString(said.RawGetString(field)) }
	return answer{Status: text("status"), Message: text("message")}, nil
}

func asLua(state *lua.LState, value any) lua.LValue {
	switch known := value.(type) {
	case bool:
		return lua.LBool(known)
	case int64:
		return lua.LNumber(known)
	case float64:
		return lua.LNumber(known)
	case string:
		return lua.LString(known)
	case []any:
		list := state.CreateTable(len(known), 0)
		for _, item := range known {
			list.Append(asLua(state, item))
		}
		return list
	case map[string]any:
		table := state.CreateTable(0, len(known))
		for name, item := range known {
			table.RawSetString(name, asLua(state, item))
		}
		return table
	default:
		return lua.LNil
	}
}
