# Completions of lambda-warmd(8) for bash. It needs nothing else; bash-completion loads it when it is first used.

# The options of a command ("": those before one), besides the common ones.
_lambda_warmd_options() {
  local common='-c --config -h --help --version'
  case $1 in
    '' | run | help) echo "$common" ;;
    reload) echo "$common --dir" ;;
    status) echo "$common --json --check --dir" ;;
    check) echo "$common --online" ;;
    plan) echo "$common --json" ;;
    once) echo "$common --json --distinct" ;;
    probe) echo "$common -n -H --header -X --request -d --data --hold --timeout --connect-timeout --http --cacert --json" \
      "--region --qualifier --profile --endpoint-url" ;;
    report) echo "$common -S --since -U --until --endpoint --json --oneline --html --file -D --directory -m --merge" ;;
  esac
}

# Sets $takes to what an option takes as its value; nothing: it is a flag.
_lambda_warmd_value() {
  case $1 in
    -c | --config | --cacert | --html | --file) takes='file' ;;
    --dir | -D | --directory) takes=folder ;;
    -S | --since | -U | --until) takes='now today yesterday -1h -6h -1d -7d -30d' ;;
    --endpoint) takes=endpoint ;;
    --http) takes='auto 1.1 2' ;;
    -X | --request) takes='GET POST PUT PATCH DELETE HEAD OPTIONS' ;;
    -n | -H | --header | -d | --data | --hold | --timeout | --connect-timeout | --region | --qualifier | --profile | --endpoint-url)
      takes=text ;;
    *) takes= ;;
  esac
}

# A word of the line as the program will see it. Nothing is expanded, so that nothing is run.
_lambda_warmd_unquote() {
  local word=$1
  case $word in
    \'*\') word=${word:1:-1} ;;
    \"*\") word=${word:1:-1} ;;
    [~]/*) word=$HOME/${word:2} ;;&
    *) IFS= read word <<<"$word" ;; # not -r: it takes the backslashes away
  esac
  printf '%s\n' "$word"
}

# The endpoints of the configuration, whatever else is in it. Uses $program and $config.
_lambda_warmd_names() {
  "$program" ${config:+-c "$config"} help endpoints 2>/dev/null
}

# Offers those of the words, one a line on stdin, that begin with $cur.
_lambda_warmd_offer() {
  local word
  while IFS= read -r word; do
    [[ -z $word || $word != "$cur"* ]] || COMPREPLY+=("$word")
  done
}

_lambda_warmd() {
  local program cur=${COMP_WORDS[COMP_CWORD]} command='' config='' option='' given=' ' only_operands='' takes='' word kind i
  COMPREPLY=()
  program=$(_lambda_warmd_unquote "$1")
  # What the words before the cursor say. Readline makes three of --option=value.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == '=' && $option ]]; then
      continue
    elif [[ $option ]]; then
      [[ $option != -c && $option != --config ]] || config=$(_lambda_warmd_unquote "$word")
      option=
    elif [[ $word == -- && $command ]]; then
      only_operands=.
    elif [[ $word == -?* && ! $only_operands ]]; then
      case $word in
        -c?*) config=$(_lambda_warmd_unquote "${word#-c}") ;;
        --config=*) config=$(_lambda_warmd_unquote "${word#*=}") ;;
        *) _lambda_warmd_value "$word" && [[ -z $takes ]] || option=$word ;;
      esac
    elif [[ ! $command ]]; then
      command=$word
    else
      given+="$word "
    fi
  done
  [[ $cur != '=' || ! $option ]] || cur=

  if [[ $option ]]; then
    _lambda_warmd_value "$option"
    case $takes in
      file) compopt -o default ;;
      folder) compopt -o dirnames ;;
      text) ;;
      endpoint) _lambda_warmd_offer < <(_lambda_warmd_names) ;;
      *) _lambda_warmd_offer <<<"${takes// /$'\n'}" ;;
    esac 2>/dev/null
  elif [[ $cur == -* && ! $only_operands ]]; then
    kind=$(_lambda_warmd_options "$command")
    _lambda_warmd_offer <<<"${kind// /$'\n'}"
  else
    case $command in
      '') kind='run reload status check plan once probe report help' ;;
      help) kind='run reload status check plan once probe report help config endpoints' ;;
      once) kind=$(_lambda_warmd_names | grep "^${only_operands:-[^-]}") ;;
      *) return ;;
    esac
    [[ $command != help || $given == ' ' ]] || return
    _lambda_warmd_offer <<<"${kind// /$'\n'}"
    for i in "${!COMPREPLY[@]}"; do
      [[ $given != *" ${COMPREPLY[i]} "* ]] || unset "COMPREPLY[i]"
    done
  fi
}

complete -F _lambda_warmd lambda-warmd
