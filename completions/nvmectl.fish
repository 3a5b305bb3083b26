# fish completion for nvmectl: the program itself knows its commands, options and devices.
function __nvmectl_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] 2>/dev/null)
        if string match -q \x01file -- $line
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c nvmectl -f -a '(__nvmectl_complete)'
