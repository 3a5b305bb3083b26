# bash completion for nvmectl: the program itself knows its commands, options and devices.
_nvmectl() {
  local cur words cword
  # ":" and "=" stay within words: tcp://host:port, --fields=a,b
  _get_comp_words_by_ref -n := cur words cword 2>/dev/null || { cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD; }
  local line candidates=()
  while IFS= read -r line; do
    if [[ $line == $'\x01file' ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r line; do candidates+=("$line"); done < <(compgen -f -- "$cur")
    else
      candidates+=("${line%%$'\t'*}")
    fi
  done < <("${words[0]}" __complete -- "${words[@]:1:cword}" 2>/dev/null)
  COMPREPLY=("${candidates[@]}")
  # Bash replaces what stands behind the "=" only.
  [[ $cur == --*=* && $COMP_WORDBREAKS == *=* ]] && COMPREPLY=("${candidates[@]#"${cur%%=*}="}")
  # A candidate that goes on: tcp://, or a list of fields.
  [[ ${#candidates[@]} == 1 && (${candidates[0]} == */ || $cur == *,*) ]] && compopt -o nospace 2>/dev/null
  declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
  return 0
}
complete -F _nvmectl nvmectl
